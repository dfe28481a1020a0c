import Chain
import Options

/// The head of a chain as somebody has written it down.
struct ExpectedHead: WrittenValue, CustomStringConvertible {
  let digest: Digest

  static var words: String { "a digest of 64 hexadecimal digits" }

  init?(written text: String) {
    guard let digest = Digest(hex: text) else { return nil }
    self.digest = digest
  }

  var description: String { "\(digest)" }
}
