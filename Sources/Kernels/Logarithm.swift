import CSIMD

/// ln x in each lane, relative error below 1e-6 of max(|ln x|, 1e-1), for normal positive x.
///
/// x = 2ᵉ · m with m in [√½, √2); ln m = 2 artanh(s) with s = (m − 1) / (m + 1), |s| < 0.172, as a series in s².
@inline(__always)
func logarithm(_ x: Vector) -> Vector {
  let bits = unsafeBitCast(x, to: SIMD16<Int32>.self)
  // Counting from √½'s bits puts the mantissa's split there.
  let offset = bits &- 0x3f35_04f3
  let exponent = Vector(offset &>> 23)
  let mantissa = unsafeBitCast(bits &- (offset & SIMD16<Int32>(repeating: -0x0080_0000)), to: Vector.self)
  let s = (mantissa - 1) / (mantissa + 1)
  let square = s * s
  var p = Vector(repeating: 2.0 / 9)
  p = multiplyAdd(Vector(repeating: 2.0 / 7), p, square)
  p = multiplyAdd(Vector(repeating: 2.0 / 5), p, square)
  p = multiplyAdd(Vector(repeating: 2.0 / 3), p, square)
  p = multiplyAdd(Vector(repeating: 2), p, square)
  return multiplyAdd(p * s, Vector(repeating: 0.693_147_18), exponent)
}
