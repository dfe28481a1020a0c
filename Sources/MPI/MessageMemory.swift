import Glibc

extension Environment {
  /// Makes the pages real of the memory through which Open MPI passes messages between the ranks of this host (its
  /// `vader` segments, 4 MiB a rank): they are sparse files as well, and grow into their pages with the messages under
  /// way. One that cannot be had then is the signal SIGBUS.
  ///
  /// Where there is no room for all of them, or the system is older than Linux 5.14, they stay as they are.
  public static func provideMessageMemory() {
    let segments = mappings { $0.contains("/vader_segment.") }
    guard let path = segments.first?.path else { return }
    var information = statvfs()
    let total = segments.reduce(0) { $0 + $1.memory.count }
    guard statvfs(path, &information) == 0, Int(information.f_bavail) * Int(information.f_frsize) >= total else {
      return
    }
    for segment in segments { _ = populate(segment.memory) }
  }
}

/// Files mapped into this process, and where.
private func mappings(_ wanted: (String) -> Bool) -> [(path: String, memory: UnsafeMutableRawBufferPointer)] {
  guard let file = fopen("/proc/self/maps", "re") else { return [] }
  defer { fclose(file) }
  var found: [(String, UnsafeMutableRawBufferPointer)] = []
  var line: UnsafeMutablePointer<CChar>?
  var capacity = 0
  defer { free(line) }
  while getline(&line, &capacity, file) > 0, let text = line.map({ String(cString: $0) }) {
    // start-end permissions offset device inode path
    let fields = text.split(maxSplits: 5, whereSeparator: \.isWhitespace)
    let ends = fields[0].split(separator: "-").compactMap { Int($0, radix: 16) }
    guard fields.count == 6, ends.count == 2, let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else { continue }
    let path = String(fields[5].drop(while: \.isWhitespace).prefix { !$0.isNewline })
    if wanted(path) { found.append((path, .init(start: start, count: ends[1] - ends[0]))) }
  }
  return found
}
