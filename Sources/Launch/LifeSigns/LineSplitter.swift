/// Lines from bytes that arrive in pieces.
struct LineSplitter: Sendable {
  private var rest: [UInt8] = []
  private let longest: Int

  /// - Parameter longest: of a line, in bytes.
  init(longest: Int) { self.longest = longest }

  /// The lines that these bytes complete, without their ends.
  ///
  /// - Returns: nil where a line is longer than allowed; what follows is then of no use.
  mutating func add(_ bytes: some Sequence<UInt8>) -> [[UInt8]]? {
    var lines: [[UInt8]] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        lines.append(rest)
        rest.removeAll(keepingCapacity: true)
      } else if rest.count < longest {
        rest.append(byte)
      } else {
        return nil
      }
    }
    return lines
  }
}
