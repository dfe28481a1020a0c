import Glibc

/// Takes away what mpirun says when it hands a request of ddp-launch on to the ranks: the user knows of the request. The word may
/// come after a live line that has no end.
struct SignalWordFilter {
  /// Of Open MPI 4 and 5.
  private static let words = ["mpirun", "prterun"].map { Array("\($0): Forwarding signal \(SIGUSR1) to job\n".utf8) }

  /// Held back: the word may begin so.
  private var held: [UInt8] = []

  /// What of these bytes, and of those before, is to be written now.
  mutating func pass(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var passed: [UInt8] = []
    for byte in bytes {
      held.append(byte)
      while !held.isEmpty, !Self.words.contains(where: { $0.starts(with: held) }) { passed.append(held.removeFirst()) }
      if Self.words.contains(held) { held = [] }
    }
    return passed
  }

  /// Those were all bytes.
  mutating func end() -> [UInt8] {
    defer { held = [] }
    return held
  }
}
