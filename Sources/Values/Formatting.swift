import Foundation

extension String {
  /// With spaces after it, up to `width` characters.
  package func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}

/// 1,234,567
package func grouped(_ number: Int) -> String {
  var digits = Array(String(number.magnitude))
  var place = digits.count - 3
  while place > 0 {
    digits.insert(",", at: place)
    place -= 3
  }
  return (number < 0 ? "-" : "") + String(digits)
}

/// "1 rank", "2 ranks"
package func plural(_ count: Int, _ noun: String) -> String { "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")" }

/// About three significant digits: 0.012, 1.23, 12.3, 123.
package func significant(_ value: Double) -> String {
  let decimals = value >= 99.95 || value == 0 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3
  return String(format: "%.\(decimals)f", value)
}

/// About three significant digits, however small.
package func smallShare(_ value: Double) -> String {
  value != 0 && abs(value) < 0.01 ? scientific(value) : fixed(value, 2)
}

package func fixed(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

package func scientific(_ value: Double) -> String { String(format: "%.1e", value) }

/// 0:07, 12:34, 1:02:03
package func clock(seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "?" }
  let whole = Int(seconds.rounded())
  let (hours, minutes) = (whole / 3600, whole / 60 % 60)
  return hours > 0
    ? String(format: "%d:%02d:%02d", hours, minutes, whole % 60) : String(format: "%d:%02d", minutes, whole % 60)
}

/// 12 B, 1.2 kB, 3.4 MB, 24 GB
package func bytes(_ count: Int) -> String {
  guard count >= 1000 else { return "\(count) B" }
  var value = Double(count)
  var unit = 0
  while value >= 999.5, unit < 4 {
    value /= 1000
    unit += 1
  }
  return String(format: value < 9.95 ? "%.1f %@" : "%.0f %@", value, ["B", "kB", "MB", "GB", "TB"][unit])
}
