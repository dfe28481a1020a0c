/// The defined arithmetic in plain loops, one number at a time: the same bits as the vector kernels' on every machine, also on one
/// without vectors or fused multiply-adds. docs/arithmetic.md is the same in words.
///
/// Each function does what the vector kernel of its name does, and takes the same arguments.
public enum Plain {
  /// Sixteen numbers, as a vector register has them.
  typealias Lanes = InlineArray<16, Float>

  /// The sum of sixteen numbers: lanes i and i + 8, then i and i + 4, i + 2, i + 1.
  static func sum(_ lanes: Lanes) -> Float {
    var lanes = lanes
    var half = 8
    while half > 0 {
      for i in 0..<half { lanes[i] += lanes[i + half] }
      half /= 2
    }
    return lanes[0]
  }

  /// sum + a · b, rounded once.
  @inline(__always)
  static func multiplyAdd(_ sum: Float, _ a: Float, _ b: Float) -> Float { sum.addingProduct(a, b) }

  /// The larger, and b where they are equal or cannot be compared.
  @inline(__always)
  static func max(_ a: Float, _ b: Float) -> Float { a > b ? a : b }

  @inline(__always)
  static func min(_ a: Float, _ b: Float) -> Float { a < b ? a : b }

  /// x, and 0 where |x| < 2⁻¹⁰⁰.
  @inline(__always)
  static func withoutTiny(_ x: Float) -> Float { abs(x) < 0x1p-100 ? 0 : x }

  /// eˣ, and 0 below −60: see `exponential`.
  static func exponential(_ x: Float) -> Float {
    let shift: Float = 12_582_912
    let clamped = max(x, -87)
    let shifted = multiplyAdd(shift, clamped, 1.442_695_04)
    let n = shifted - shift
    let f = multiplyAdd(multiplyAdd(clamped, n, -0.693_145_752), n, -1.428_606_77e-6)
    var p: Float = 8.312_52e-3
    for coefficient: Float in [4.189_016e-2, 1.666_711_5e-1, 4.999_923_1e-1, 1, 1] {
      p = multiplyAdd(coefficient, p, f)
    }
    return x < -60 ? 0 : Float(bitPattern: p.bitPattern &+ shifted.bitPattern &<< 23)
  }

  /// ln x: see `logarithm`.
  static func logarithm(_ x: Float) -> Float {
    let bits = Int32(bitPattern: x.bitPattern)
    let offset = bits &- 0x3f35_04f3
    let mantissa = Float(bitPattern: UInt32(bitPattern: bits &- (offset & -0x0080_0000)))
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
    var p: Float = 2.0 / 9
    for coefficient: Float in [2.0 / 7, 2.0 / 5, 2.0 / 3, 2] { p = multiplyAdd(coefficient, p, square) }
    return multiplyAdd(p * s, 0.693_147_18, Float(offset &>> 23))
  }
}
