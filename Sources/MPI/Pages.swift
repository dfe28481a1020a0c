import Glibc

extension Communicator {
  /// Makes the pages real of the memory through which Open MPI passes messages between the ranks of a host (its `vader`
  /// segments, 4 MiB a rank): they are sparse files as well, and grow into their pages with the messages under way. One
  /// that cannot be had then is the signal SIGBUS. Collective over all ranks of the job.
  ///
  /// Each rank provides its own segment, whose pages so lie near to it. Where a host has no room for all of its ranks'
  /// segments, or Linux is older than 5.14, they stay as they are.
  public func provideMessageMemory() throws(MPIError) {
    let segments = mappings { $0.contains("/vader_segment.") }
    // All look before any takes.
    guard try allReduce(hasRoom(for: segments) ? 1 : 0, .min) == 1 else { return }
    guard let local = getenv("OMPI_COMM_WORLD_LOCAL_RANK").map({ String(cString: $0) }) else { return }
    for segment in segments where segment.path.hasSuffix(".\(local)") { _ = populate(segment.memory) }
  }
}

private func hasRoom(for segments: [Mapping]) -> Bool {
  guard let path = segments.first?.path else { return true }
  var information = statvfs()
  let needed = segments.reduce(0) { $0 + $1.memory.count }
  return statvfs(path, &information) == 0 && Int(information.f_bavail) * Int(information.f_frsize) >= needed
}

private typealias Mapping = (path: String, memory: UnsafeMutableRawBufferPointer)

/// Files mapped into this process, and where.
private func mappings(_ wanted: (String) -> Bool) -> [Mapping] {
  guard let file = fopen("/proc/self/maps", "re") else { return [] }
  defer { fclose(file) }
  var found: [Mapping] = []
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

/// Makes the pages of new shared memory real, all of it zero.
///
/// - Returns: 0, or the system's error: EFAULT where the file system in memory is full.
func provideNew(_ memory: UnsafeMutableRawBufferPointer) -> CInt {
  let refusal = populate(memory)
  guard refusal == EINVAL, let start = memory.baseAddress else { return refusal }
  // An older Linux. There memory can only be touched, and where there is none the process ends.
  memset(start, 0, memory.count)
  return 0
}

/// Makes pages real as if they were written to, and changes nothing in them.
///
/// - Returns: 0, or the system's error: EFAULT where writing would be a SIGBUS, EINVAL before Linux 5.14.
/// - Source: madvise(2), MADV_POPULATE_WRITE.
func populate(_ memory: UnsafeMutableRawBufferPointer) -> CInt {
  let populateWrite: CInt = 23  // Glibc's headers may be older than the system.
  guard let start = memory.baseAddress, memory.count > 0 else { return 0 }
  let lead = Int(bitPattern: start) & (sysconf(CInt(_SC_PAGESIZE)) - 1)
  while madvise(start - lead, lead + memory.count, populateWrite) != 0 {
    guard errno == EINTR || errno == EAGAIN else { return errno }
  }
  return 0
}
