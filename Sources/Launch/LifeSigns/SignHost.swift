/// Who sends the life signs of a host: the first of its ranks.
struct SignHost: Hashable, Sendable {
  /// Printable ASCII without blanks, 1 to 255 bytes.
  let name: String
  /// Of the rank that sends, in the whole job. It tells hosts of the same name apart.
  let rank: Int
  /// Of the whole job.
  let ranks: Int

  static let longestName = 255

  static func isValid(name: some Collection<UInt8>) -> Bool {
    !name.isEmpty && name.count <= longestName && name.allSatisfy { (0x21..<0x7F).contains($0) }
  }

  /// A name that can be sent, from one that the system may hold.
  static func sendable(name: String) -> String {
    let bytes = name.utf8.prefix(longestName).map { (0x21..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }
    return bytes.isEmpty ? "?" : String(decoding: bytes, as: UTF8.self)
  }
}
