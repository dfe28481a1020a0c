import Glibc
import TestSupport
import Testing

@testable import Launch

@Suite("a job's folders") struct JobFoldersTests {
  private let folder: TemporaryFolder
  private let place: JobPlace

  init() throws {
    folder = try TemporaryFolder()
    place = JobPlace(name: SignToken().publicDigits, temporaryFiles: folder.path)
  }

  private func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// As another process finds it.
  private func isHeld(_ path: String) throws -> Bool { try !PrivateFolder(opening: path).isNobodys }

  @Test("are made, held and removed with all that is in them") func lifetime() throws {
    let folders = try JobFolders(making: place)
    for path in place.folders {
      #expect(try isHeld(path))
      close(open("\(path)/file", O_CREAT | O_WRONLY, 0o600))
      mkdir("\(path)/inner", 0o700)
    }
    folders.remove()
    #expect(!place.folders.contains { isThere($0) })
  }

  @Test("nothing is left of them where one cannot be made") func halfMade() throws {
    try folder.file("ddp-train.\(place.name)", "in the way")
    let error = #expect(throws: PrivateFolderError.self) { try JobFolders(making: place) }
    #expect(error?.path == place.temporary && error?.reason == "is not a folder")
    #expect(!isThere(place.sharedMemory))
  }

  @Test("a rank makes its host's, and its neighbours find it; they hold it on and on") func enter() throws {
    let path = folder.path("shared")
    try JobFolders.enter(path)
    try enterJobFolder(path)
    // Whatever else holds it in this process is gone by now: what is handed on to the rank's program remains.
    #expect(try isHeld(path))
  }

  @Test("many that enter at once are in one and the same") func enterAtOnce() throws {
    let path = folder.path("shared")
    let failures = Said()
    let threads = try (0..<8).map { _ in
      let thread = SignalFreeThread {
        do { try JobFolders.enter(path) } catch { failures.add("\(error)") }
      }
      return try #require(thread)
    }
    threads.forEach { $0.join() }
    #expect(failures.lines == [])
    #expect(try isHeld(path))
  }

  @Test("a folder that is open to others, a link or a file is not entered", arguments: [0o755, 0o770, 0o500])
  func refused(_ mode: Int) throws {
    let path = try folder.privateFolder("open", mode: mode_t(mode))
    #expect(
      message { try JobFolders.enter(path) }
        == "the folder \(path): has mode 0\(String(mode, radix: 8)) instead of 0700")
    try #require(symlink("open", folder.path("link")) == 0)
    #expect(message { try JobFolders.enter(folder.path("link")) }.hasSuffix("is a symbolic link"))
    let file = try folder.file("file", "")
    #expect(message { try JobFolders.enter(file) }.hasSuffix("is not a folder"))
    let missing = folder.path("none/inner")
    #expect(message { try JobFolders.enter(missing) } == "the folder \(missing): No such file or directory")
  }

  @Test("another user's is not entered", .enabled(if: geteuid() == 0, "only root gives away")) func otherUser() throws {
    let path = try folder.privateFolder("theirs")
    try #require(chown(path, 65534, 65534) == 0)
    #expect(message { try JobFolders.enter(path) }.hasSuffix("belongs to user 65534, not to this one (0)"))
  }

  @Test(
    "orphans go, also those of a process that was killed; what one holds, is not private or is called otherwise stays")
  func orphans() throws {
    let orphan = try folder.privateFolder("ddp-train.orphan")
    close(open("\(orphan)/file", O_CREAT | O_WRONLY, 0o600))
    let held = try folder.privateFolder("ddp-train.held")
    let process = try TestProcess(
      "/usr/bin/flock", words: ["flock", "--shared", "--no-fork", held, "sh", "-c", "kill -STOP $$"])
    #expect(eventually { (try? isHeld(held)) == true })
    _ = try folder.privateFolder("ddp-train.open", mode: 0o755)
    _ = try folder.privateFolder("other")
    try folder.file("ddp-train.file", "")
    let shared = JobPlace(name: SignToken().publicDigits, temporaryFiles: "").sharedMemory
    try #require(mkdir(shared, 0o700) == 0)
    let own = try JobFolders(making: place)
    // Ranks of another job write to it.
    let board = try HostBoard(making: HostBoard.path(SignToken(), leader: 0, parent: folder.path), count: 1)

    JobFolders.removeOrphans(temporaryFiles: folder.path)
    let living = [place.temporary, board.folder.path, held]
    let others = ["ddp-train.file", "ddp-train.open", "other"].map { folder.path($0) }
    #expect(folder.names.map { folder.path($0) } == (living + others).sorted())
    #expect(!isThere(shared) && isThere(place.sharedMemory))
    #expect(process.isRunning)
    process.kill()
    JobFolders.removeOrphans(temporaryFiles: folder.path)
    #expect(!isThere(held) && isThere(place.temporary))
    own.remove()
    withExtendedLifetime(board) {}
  }

  @Test("one that somebody is about to remove is waited for, but not for ever") func hindered() throws {
    let path = try folder.privateFolder("ddp-train.stopped")
    let process = try TestProcess(
      "/usr/bin/flock", words: ["flock", "--exclusive", "--no-fork", path, "sh", "-c", "kill -STOP $$"])
    #expect(eventually { (try? isHeld(path)) == true })
    let own = try PrivateFolder(opening: path)
    own.hold(within: 0.2)
    #expect(process.isRunning)
    let waiting = SignalFreeThread { own.hold(within: 100) }
    process.kill()
    try #require(waiting).join()
    #expect(try isHeld(path))
  }

  @Test("whoever looks for orphans just then takes none that is being made") func race() throws {
    let isOver = Flag()
    let path = folder.path
    let sweeper = SignalFreeThread {
      while !isOver.value { JobFolders.removeOrphans(temporaryFiles: path) }
    }
    for _ in 0..<300 {
      let place = JobPlace(name: SignToken().publicDigits, temporaryFiles: path)
      let folders = try JobFolders(making: place)
      #expect(place.folders.allSatisfy { isThere($0) })
      folders.remove()
    }
    isOver.set()
    try #require(sweeper).join()
  }
}
