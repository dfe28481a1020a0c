/// Functions by the four basic operations and nothing else, so that they have the same bits on every machine: those of the C
/// library differ between its versions and between CPUs. docs/arithmetic.md has them in words.
enum BasicMath {
  /// ln x, for normal positive x; relative error below 1e-15 of max(|ln x|, 1e-1).
  ///
  /// x = 2ᵉ · m with m in [√½, √2); ln m = 2 (s + s³/3 + s⁵/5 + …) with s = (m − 1) / (m + 1), |s| < 0.172.
  static func logarithm(_ x: Double) -> Double {
    var exponent = Double(x.exponent)
    var m = x.significand
    if m > 0x1.6a09e667f3bcdp0 {
      m /= 2
      exponent += 1
    }
    let s = (m - 1) / (m + 1)
    let square = s * s
    var series = 1.0 / 23
    for n in stride(from: 21.0, through: 1, by: -2) { series = series * square + 1 / n }
    // ln 2 in two parts, of which the first times an exponent is exact.
    return exponent * 0x1.62e42feep-1 + (2 * s * series + exponent * 0x1.a39ef35793c76p-33)
  }

  /// cos 2πu for 0 ≤ u ≤ 1; error below 1e-15.
  ///
  /// With 4u = n + t, n whole and |t| ≤ ½, it is ± the cosine or the sine of t π/2, each by its series.
  static func cosine(turns u: Double) -> Double {
    let n = (4 * u).rounded(.toNearestOrEven)
    let z = (4 * u - n) * 0x1.921fb54442d18p0
    let square = z * z
    func series(from first: Double) -> Double {
      var sum = 1.0
      for n in stride(from: first, through: 2, by: -2) { sum = 1 - square / (n * (n - 1)) * sum }
      return sum
    }
    switch Int(n) % 4 {
    case 0: return series(from: 18)
    case 1: return -z * series(from: 19)
    case 2: return -series(from: 18)
    default: return z * series(from: 19)
    }
  }
}
