import Glibc

/// Fails if `body`, done many times, leaves more memory in use each time: something was not freed.
///
/// - Parameters:
///   - bytes: what one round would leak at least. The bound is half of what all rounds together would.
///   - what: for the message.
func expectNoLeak(of bytes: Int, rounds: Int, _ what: String, _ body: () throws -> Void) throws {
  for _ in 0..<10 { try body() }  // lets caches and pools fill
  let before = try residentBytes()
  for _ in 0..<rounds { try body() }
  let grown = try residentBytes() - before
  try expect(grown < rounds * bytes / 2, "\(rounds) rounds of \(what) left \(grown) bytes")
}

/// The memory this process really has, in bytes: the second number of /proc/self/statm, in pages.
private func residentBytes() throws -> Int {
  let file = open("/proc/self/statm", O_RDONLY)
  defer { close(file) }
  var text = [UInt8](repeating: 0, count: 128)
  let count = read(file, &text, text.count)
  let words = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
  guard words.count > 1, let pages = Int(words[1]) else {
    throw WrongResult(description: "/proc/self/statm cannot be read")
  }
  return pages * sysconf(CInt(_SC_PAGESIZE))
}
