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
