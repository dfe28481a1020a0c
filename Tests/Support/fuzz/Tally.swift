/// What became of the inputs of one reader.
struct Tally {
  private(set) var accepted = 0
  private var refused: [String: Int] = [:]
  private var bytes = 0

  /// - Parameter reason: why it was refused; nil where it was accepted.
  mutating func add(_ reason: String?, _ bytes: Int) {
    self.bytes += bytes
    if let reason { refused[reason, default: 0] += 1 } else { accepted += 1 }
  }

  /// - Parameter most: kinds of error that get a line of their own.
  func lines(_ name: String, most: Int = 8) -> [String] {
    let kinds = refused.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let rest = kinds.dropFirst(most)
    let total = refused.values.reduce(0, +)
    return ["\(name): \(accepted + total) inputs, \(bytes) bytes: \(accepted) accepted, \(total) refused"]
      + kinds.prefix(most).map { "  \($0.value)  \($0.key)" }
      + (rest.isEmpty ? [] : ["  \(rest.reduce(0) { $0 + $1.value })  in \(rest.count) other ways"])
  }
}
