/// What makes life signs those of one attempt of one job: 256 random bits, which nobody else can know.
///
/// The first half names the folders that ranks of a host share, and so can be seen by others; the second half is secret.
public struct SignToken: Sendable {
  private let bytes: [UInt8]

  private static let count = 32

  /// A new one, from the kernel's random numbers.
  public init() {
    var generator = SystemRandomNumberGenerator()
    bytes = (0..<Self.count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// From 64 hexadecimal digits, of which letters are small. Nil for anything else.
  public init?(digits: some StringProtocol) {
    let digits = Array(digits.utf8)
    guard digits.count == 2 * Self.count else { return nil }
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Self.value(digits[place]), let low = Self.value(digits[place + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  /// 64 hexadecimal digits: secret.
  public var digits: String { Self.digits(bytes) }

  /// 32 hexadecimal digits that others may see.
  var publicDigits: String { Self.digits(bytes.prefix(Self.count / 2)) }

  private static func digits(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

extension SignToken: Equatable {
  /// Takes the same time wherever they differ, so that nobody can find a token out digit by digit.
  public static func == (one: SignToken, other: SignToken) -> Bool {
    zip(one.bytes, other.bytes).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

extension SignToken: CustomStringConvertible, CustomDebugStringConvertible {
  /// Without its secret, so that it comes into no message by mistake.
  public var description: String { "token \(publicDigits)…" }
  public var debugDescription: String { description }
}
