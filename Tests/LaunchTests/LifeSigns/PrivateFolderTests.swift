import Glibc
import Testing

@testable import Launch

@Suite("private folders") struct PrivateFolderTests {
  private let parent: ShortFolder
  private var path: String { "\(parent.path)/folder" }

  init() throws { parent = try ShortFolder() }

  private func mode() throws -> mode_t {
    var status = stat()
    try #require(lstat(path, &status) == 0)
    return status.st_mode & 0o7777
  }

  @Test("are made for this user alone, and opened") func make() throws {
    let folder = try PrivateFolder(making: path)
    #expect(try mode() == 0o700)
    #expect(try PrivateFolder(opening: path).path == folder.path)
    #expect(fcntl(folder.descriptor.number, F_GETFD) & FD_CLOEXEC != 0)
  }

  @Test("are not made where something is") func exclusive() throws {
    _ = try PrivateFolder(making: path)
    let error = #expect(throws: PrivateFolderError.self) { try PrivateFolder(making: path) }
    #expect(error?.reason == "is there already" && error?.path == path)
  }

  @Test("that are missing are called so") func missing() {
    let error = #expect(throws: PrivateFolderError.self) { try PrivateFolder(opening: path) }
    #expect(error?.isMissing == true)
  }

  @Test("of another mode are refused", arguments: [0o755, 0o770, 0o701, 0o1700, 0o500])
  func wrongMode(_ mode: Int) throws {
    try #require(mkdir(path, 0o700) == 0 && chmod(path, mode_t(mode)) == 0)
    let error = #expect(throws: PrivateFolderError.self) { try PrivateFolder(opening: path) }
    #expect(error?.reason == "has mode 0\(String(mode, radix: 8)) instead of 0700")
    #expect(error?.isMissing == false)
    chmod(path, 0o700)
  }

  @Test("that are links are refused, also to good ones") func link() throws {
    _ = try PrivateFolder(making: "\(parent.path)/good")
    try #require(symlink("good", path) == 0)
    for attempt in [{ try PrivateFolder(opening: path) }, { try PrivateFolder(making: path) }] {
      let error = #expect(throws: PrivateFolderError.self) { try attempt() }
      #expect(error?.reason == "is a symbolic link")
    }
  }

  @Test("that are files are refused") func file() throws {
    close(try #require(Optional(open(path, O_CREAT | O_WRONLY, 0o700))))
    let error = #expect(throws: PrivateFolderError.self) { try PrivateFolder(opening: path) }
    #expect(error?.reason == "is not a folder")
  }

  @Test("of another user are refused, with both users' numbers", .enabled(if: geteuid() == 0, "only root gives away"))
  func otherUser() throws {
    try #require(mkdir(path, 0o700) == 0 && chown(path, 65534, 65534) == 0)
    for attempt in [{ try PrivateFolder(opening: path) }, { try PrivateFolder(making: path) }] {
      let error = #expect(throws: PrivateFolderError.self) { try attempt() }
      #expect(error?.description == "the folder \(path): belongs to user 65534, not to this one (0)")
    }
    PrivateFolder.removeAll(in: parent.path, prefix: "fold")
    #expect(parent.names == ["folder"])
  }

  @Test("are removed with their files; what took their place stays") func removal() throws {
    let folder = try PrivateFolder(making: path)
    close(open("\(path)/file", O_CREAT | O_WRONLY, 0o600))
    folder.remove()
    #expect(parent.names.isEmpty)
    let other = try PrivateFolder(making: path)
    folder.remove()
    #expect(parent.names == ["folder"])
    other.remove()
  }

  @Test("whose names begin alike are removed together") func removeAll() throws {
    for name in ["a.1", "a.2", "b.1"] { _ = try PrivateFolder(making: "\(parent.path)/\(name)") }
    PrivateFolder.removeAll(in: parent.path, prefix: "a.")
    #expect(parent.names == ["b.1"])
  }
}
