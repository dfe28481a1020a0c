/// A number as people write it, the same on the command line, in YAML and in a file's metadata: `5000`, `16_000`, `5e3`
/// and, for one that need not be whole, `0.25`. Nothing else is a number: no `nan`, no `inf`, no hexadecimal digits, no
/// blanks.
public protocol WrittenNumber: Comparable, Sendable {
  /// What it is, in words.
  static var noun: String { get }

  /// Nil for what is no such number, or none that this type holds.
  init?(written text: String)
}

extension Int: WrittenNumber {
  public static var noun: String { "a whole number" }
  public init?(written text: String) {
    guard let whole: Int = Decimal(text)?.whole() else { return nil }
    self = whole
  }
}

extension UInt64: WrittenNumber {
  public static var noun: String { "a whole number" }
  public init?(written text: String) {
    guard let whole: UInt64 = Decimal(text)?.whole() else { return nil }
    self = whole
  }
}

extension Double: WrittenNumber {
  public static var noun: String { "a number" }
  public init?(written text: String) {
    guard let decimal = Decimal(text), let number = Double(decimal.plain), number.isFinite else { return nil }
    self = number
  }
}

/// A decimal number taken apart: sign, digits, fraction, exponent.
private struct Decimal {
  /// Without the underscores.
  let plain: String
  private let isNegative: Bool
  /// Of whole part and fraction together, without leading zeros.
  private let digits: [UInt8]
  /// The number is digits · 10^exponent.
  private let exponent: Int

  /// Longer ones are nobody's number.
  private static let longest = 400

  init?(_ text: String) {
    guard text.utf8.count <= Self.longest, let plain = Self.withoutSeparators(Array(text.utf8)) else { return nil }
    var rest = plain[...]
    isNegative = rest.first == UInt8(ascii: "-")
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
    let whole = rest.prefix(while: Self.isDigit)
    rest = rest[whole.endIndex...]
    var fraction: ArraySlice<UInt8> = []
    if rest.first == UInt8(ascii: ".") {
      fraction = rest.dropFirst().prefix(while: Self.isDigit)
      rest = rest[fraction.endIndex...]
    }
    guard whole.count + fraction.count > 0 else { return nil }
    var power = 0
    if let mark = rest.first {
      guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E"), let last = rest.last, Self.isDigit(last),
        let value = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), abs(value) <= 1_000_000
      else { return nil }
      power = value
    }
    digits = Array((whole + fraction).drop { $0 == UInt8(ascii: "0") })
    exponent = power - fraction.count
    self.plain = String(decoding: plain, as: UTF8.self)
  }

  /// Exactly; nil where it has a fraction, or is out of the type's range.
  func whole<Whole: FixedWidthInteger>() -> Whole? {
    if digits.isEmpty { return 0 }
    // 10^40 is beyond any of these types.
    guard exponent <= 40, -exponent < digits.count else { return nil }
    var kept = digits
    if exponent < 0 {
      guard kept.suffix(-exponent).allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
      kept.removeLast(-exponent)
    } else {
      kept += [UInt8](repeating: UInt8(ascii: "0"), count: exponent)
    }
    return Whole((isNegative ? "-" : "") + String(decoding: kept, as: UTF8.self))
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// Nil where an underscore stands elsewhere than between two digits.
  private static func withoutSeparators(_ text: [UInt8]) -> [UInt8]? {
    for (place, byte) in text.enumerated() where byte == UInt8(ascii: "_") {
      guard place > 0, place + 1 < text.count, isDigit(text[place - 1]), isDigit(text[place + 1]) else { return nil }
    }
    return text.filter { $0 != UInt8(ascii: "_") }
  }
}
