import Files
import Glibc
import Synchronization
import Values

/// Memory that the ranks of one host share, where each says where it is: cache lines of its own for each rank, which it
/// alone writes.
///
/// It is a file in a private folder, which the first rank of the host makes and the others wait for.
final class HostBoard: Sendable {
  /// What a rank says of itself.
  struct Entry: Equatable, Sendable {
    /// Of the whole job.
    var rank: Int
    var process: Int32
    var step: Int
    var stage: RunStage
    /// When it came to this step and stage: nanoseconds on the monotonic clock.
    var since: Int
  }

  let folder: PrivateFolder
  let count: Int
  private nonisolated(unsafe) let words: UnsafeMutablePointer<Atomic<Int>>

  /// Two lines of 64 bytes: processors fetch them in pairs.
  private static let wordsPerEntry = 128 / MemoryLayout<Int>.stride
  private static let file = "board"

  /// Names of the words of an entry. The beat is odd while the others are being written.
  private enum Word: Int { case beat, rank, process, place, since }

  /// Where the board of this job and this host is.
  ///
  /// - Parameter leader: number of the host's first rank in the whole job: hosts may share the file system.
  static func path(_ token: SignToken, leader: Int, parent: String) -> String {
    "\(parent)/\(prefix(token))\(leader)"
  }

  /// Removes what the ranks of a job left on this host.
  static func removeAll(_ token: SignToken, parent: String) {
    PrivateFolder.removeAll(in: parent, prefix: prefix(token))
  }

  private static func prefix(_ token: SignToken) -> String { "ddp-train.signs.\(token.publicDigits)." }

  /// Makes the board: the first rank of a host.
  ///
  /// - Parameter count: ranks of the host.
  init(making path: String, count: Int) throws(PrivateFolderError) {
    folder = try PrivateFolder.held(making: path)
    self.count = count
    do {
      words = try Self.make(in: folder, bytes: Self.bytes(count))
    } catch {
      folder.remove()
      throw error
    }
  }

  /// Opens the board that the first rank has made.
  ///
  /// - Throws: `isMissing` as long as it has not.
  init(opening path: String, count: Int) throws(PrivateFolderError) {
    folder = try PrivateFolder(opening: path)
    folder.hold()
    self.count = count
    let number = openat(folder.descriptor.number, Self.file, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else { throw Self.failure(folder, isMissing: errno == ENOENT) }
    let descriptor = Descriptor(number)
    var status = stat()
    guard fstat(number, &status) == 0 else { throw Self.failure(folder) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_size == Self.bytes(count) else {
      throw PrivateFolderError(path: path, reason: "its file is not the board of \(count) ranks")
    }
    words = try Self.map(descriptor, in: folder, bytes: Self.bytes(count))
  }

  deinit { munmap(words, Self.bytes(count)) }

  // MARK: - Entries

  /// - Parameter index: of this rank on its host. Nobody else writes its entry.
  func write(_ entry: Entry, at index: Int) {
    guard (0..<count).contains(index) else { return }
    let beat = load(.beat, index) | 1
    store(beat, .beat, index)
    atomicMemoryFence(ordering: .releasing)
    store(entry.rank, .rank, index)
    store(Int(entry.process), .process, index)
    store(entry.step << 8 | Int(entry.stage.rawValue), .place, index)
    store(entry.since, .since, index)
    at(.beat, index).pointee.store(beat &+ 1, ordering: .releasing)
  }

  /// The number of a rank's last beat, and what it said with it.
  ///
  /// - Returns: nil where it has not said anything yet, is writing just now, or wrote what cannot be.
  func read(_ index: Int) -> (beat: Int, entry: Entry)? {
    guard (0..<count).contains(index) else { return nil }
    let beat = at(.beat, index).pointee.load(ordering: .acquiring)
    let (rank, process) = (load(.rank, index), load(.process, index))
    let (place, since) = (load(.place, index), load(.since, index))
    atomicMemoryFence(ordering: .acquiring)
    guard beat != 0, beat & 1 == 0, load(.beat, index) == beat, rank >= 0, place >= 0, since >= 0,
      let process = Int32(exactly: process), process > 0, let stage = RunStage(rawValue: UInt8(place & 0xFF))
    else { return nil }
    return (beat, Entry(rank: rank, process: process, step: place >> 8, stage: stage, since: since))
  }

  private func at(_ word: Word, _ index: Int) -> UnsafeMutablePointer<Atomic<Int>> {
    words + index * Self.wordsPerEntry + word.rawValue
  }

  private func load(_ word: Word, _ index: Int) -> Int { at(word, index).pointee.load(ordering: .relaxed) }

  private func store(_ value: Int, _ word: Word, _ index: Int) {
    at(word, index).pointee.store(value, ordering: .relaxed)
  }

  // MARK: - The file

  private static func bytes(_ count: Int) -> Int { count * wordsPerEntry * MemoryLayout<Int>.stride }

  private static func make(
    in folder: PrivateFolder, bytes: Int
  ) throws(PrivateFolderError) -> UnsafeMutablePointer<Atomic<Int>> {
    let (here, unfinished) = (folder.descriptor.number, "unfinished")
    let number = openat(here, unfinished, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw failure(folder) }
    let descriptor = Descriptor(number)
    // Without its pages a full file system would end the rank with a signal later.
    let code = posix_fallocate(number, 0, off_t(bytes))
    guard code == 0 else { throw PrivateFolderError(path: folder.path, reason: String(cString: strerror(code))) }
    let words = try map(descriptor, in: folder, bytes: bytes)
    // Whoever sees the name sees the whole board.
    guard renameat(here, unfinished, here, file) == 0 else {
      let error = failure(folder)
      munmap(words, bytes)
      throw error
    }
    return words
  }

  private static func map(
    _ descriptor: Descriptor, in folder: PrivateFolder, bytes: Int
  ) throws(PrivateFolderError) -> UnsafeMutablePointer<Atomic<Int>> {
    guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.number, 0), memory != MAP_FAILED
    else { throw failure(folder) }
    return memory.bindMemory(to: Atomic<Int>.self, capacity: bytes / MemoryLayout<Int>.stride)
  }

  private static func failure(_ folder: PrivateFolder, isMissing: Bool = false) -> PrivateFolderError {
    PrivateFolderError(path: folder.path, reason: String(cString: strerror(errno)), isMissing: isMissing)
  }
}
