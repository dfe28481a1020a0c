import Glibc

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
