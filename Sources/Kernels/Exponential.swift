import CSIMD

/// eˣ in each lane, relative error below 1e-6 for x in [−87, 88]; smaller x count as −87.
///
/// x = n·ln 2 + f with |f| ≤ ln 2 / 2; eᶠ by a polynomial of degree 5 (least maximal
/// relative error, 1.1e-7, with the first two coefficients held at 1); 2ⁿ by adding n to the exponent
/// bits. Adding 1.5·2²³ rounds to the nearest integer and leaves n in the low bits of the sum.
@inlinable @inline(__always)
public func exponential(_ x: Vector) -> Vector {
  let shift = Vector(repeating: 12_582_912)
  let clamped = csimd_max(x, Vector(repeating: -87))
  let shifted = multiplyAdd(shift, clamped, Vector(repeating: 1.442_695_04))
  let n = shifted - shift
  // ln 2 in two parts, so that n·ln 2 loses nothing.
  var f = multiplyAdd(clamped, n, Vector(repeating: -0.693_145_752))
  f = multiplyAdd(f, n, Vector(repeating: -1.428_606_77e-6))
  var p = Vector(repeating: 8.312_52e-3)
  p = multiplyAdd(Vector(repeating: 4.189_016e-2), p, f)
  p = multiplyAdd(Vector(repeating: 1.666_711_5e-1), p, f)
  p = multiplyAdd(Vector(repeating: 4.999_923_1e-1), p, f)
  p = multiplyAdd(Vector(repeating: 1), p, f)
  p = multiplyAdd(Vector(repeating: 1), p, f)
  let exponent = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &<< 23
  return unsafeBitCast(unsafeBitCast(p, to: SIMD16<Int32>.self) &+ exponent, to: Vector.self)
}

/// Which exponential the softmaxes use, so that a user can see what its precision costs and is worth.
public enum ExponentialKind: Int, Sendable {
  /// A polynomial of degree 5: relative error 2e-7.
  case fast
  /// The C library's, lane by lane.
  case exact
  /// A polynomial of degree 3: relative error 5e-3.
  case coarse
  /// As `fast`, and 0 below −60; the softmax around it as docs/arithmetic.md says.
  case defined
}

/// An exponential as a type, so that loops over it are compiled for each.
protocol Exponential {
  static func of(_ x: Vector) -> Vector
  /// How softmaxes divide.
  static func reciprocal(_ x: Vector) -> Vector
}

extension Exponential {
  @inline(__always) static func reciprocal(_ x: Vector) -> Vector { Kernels.reciprocal(x) }
}

enum FastExponential: Exponential {
  @inline(__always) static func of(_ x: Vector) -> Vector { exponential(x) }
}

/// Smaller ones would become denormal numbers on their way through a softmax.
enum DefinedExponential: Exponential {
  @inline(__always) static func of(_ x: Vector) -> Vector {
    exponential(x).replacing(with: 0, where: x .< Vector(repeating: -60))
  }
  @inline(__always) static func reciprocal(_ x: Vector) -> Vector { 1 / x }
}

enum ExactExponential: Exponential {
  static func of(_ x: Vector) -> Vector {
    var result = Vector()
    for lane in 0..<Vector.count { result[lane] = csimd_expf(x[lane]) }
    return result
  }
}

/// The cubic Taylor polynomial of 2ᶠ on 0 ≤ f < 1: fewer instructions, and off by 5e-3 near f = 1.
enum CoarseExponential: Exponential {
  @inline(__always) static func of(_ x: Vector) -> Vector {
    let shift = Vector(repeating: 12_582_912)
    let t = csimd_max(x, Vector(repeating: -87)) * 1.442_695_04
    let shifted = (t - 0.5) + shift
    let f = t - (shifted - shift)
    var p = Vector(repeating: 0.055_504_1)
    p = multiplyAdd(Vector(repeating: 0.240_226_5), p, f)
    p = multiplyAdd(Vector(repeating: 0.693_147_2), p, f)
    p = multiplyAdd(Vector(repeating: 1), p, f)
    let exponent = unsafeBitCast(shifted, to: SIMD16<Int32>.self) &<< 23
    return unsafeBitCast(unsafeBitCast(p, to: SIMD16<Int32>.self) &+ exponent, to: Vector.self)
  }
}
