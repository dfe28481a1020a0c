import Foundation
import TestSupport
import Testing

@testable import Files

extension Files {
  @Suite("replacing a file as a whole")
  struct ReplaceTests {
    private func replace(_ path: String, _ text: String) throws {
      try write(text) { (bytes) throws(RegularFileError) in try replaceRegularFile(path: path, with: bytes) }
    }

    @Test("a new file has the mode that any program would give it; nothing is left beside it")
    func new() throws {
      let folder = try TemporaryFolder()
      try replace(folder.path("new"), "text")
      #expect(try folder.names == ["new"] && folder.text("new") == "text")
      let other = open(folder.path("other"), O_WRONLY | O_CREAT, 0o666)
      close(other)
      #expect(rights(folder.path("new"))?.mode == rights(folder.path("other"))?.mode)
    }

    @Test("an old one keeps its mode", arguments: [0o640, 0o600, 0o666, 0o444] as [mode_t])
    func mode(mode: mode_t) throws {
      let folder = try TemporaryFolder()
      let path = try folder.file("old", "before")
      #expect(chmod(path, mode) == 0)
      try replace(path, "after")
      #expect(try folder.names == ["old"] && folder.text("old") == "after")
      #expect(rights(path)?.mode == mode)
    }

    @Test("and its owner and group", .enabled(if: geteuid() == 0, "only root may give files away"))
    func owner() throws {
      let folder = try TemporaryFolder()
      let path = try folder.file("old", "before")
      #expect(chown(path, 65534, 4711) == 0 && chmod(path, 0o640) == 0)
      try replace(path, "after")
      #expect(try folder.text("old") == "after")
      let found = rights(path)
      #expect(found?.owner == 65534 && found?.group == 4711 && found?.mode == 0o640)
    }

    @Test("links stay, also those that lead to a link or nowhere yet", arguments: [true, false])
    func links(exists: Bool) throws {
      let folder = try TemporaryFolder()
      if exists { try folder.file("below/target", "before") } else { try folder.file("below/other", "") }
      #expect(symlink("below/target", folder.path("second")) == 0)
      #expect(symlink(folder.path("second"), folder.path("first")) == 0)
      try replace(folder.path("first"), "after")
      #expect(try folder.text("below/target") == "after")
      #expect(followLink(folder.path("first")) == folder.path("second"))
      #expect(folder.names == ["below", "first", "second"])
    }

    @Test("links in a circle are an error")
    func circle() throws {
      let folder = try TemporaryFolder()
      #expect(symlink("b", folder.path("a")) == 0 && symlink("a", folder.path("b")) == 0)
      #expect(throws: RegularFileError.system(step: "opened", reason: "Too many levels of symbolic links")) {
        try replace(folder.path("a"), "x")
      }
    }

    @Test("a directory and a pipe are refused")
    func notFiles() throws {
      let folder = try TemporaryFolder()
      #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
      #expect(throws: RegularFileError.isDirectory) { try replace(folder.path, "x") }
      #expect(throws: RegularFileError.isSpecial) { try replace(folder.path("pipe"), "x") }
      #expect(folder.names == ["pipe"])
    }

    @Test("a file that is mounted cannot be renamed over, and is overwritten", .enabled(if: geteuid() == 0))
    func mounted() throws {
      let folder = try TemporaryFolder()
      let (path, other) = (try folder.file("mounted", "of before"), try folder.file("other", "of before, and longer"))
      // Where this process may not mount there is nothing to test.
      guard mount(other, path, nil, UInt(MS_BIND), nil) == 0 else { return }
      defer { umount(path) }
      try replace(path, "after")
      #expect(try folder.text("other") == "after" && folder.names == ["mounted", "other"])
    }

    @Test("past the limit on a file's size: an error, no signal, and the old file as it was")
    func tooLarge() throws {
      let folder = try TemporaryFolder()
      let path = try folder.file("old", "before")
      try limitingFiles(to: 1 << 20) {
        _ = #expect(throws: RegularFileError.system(step: "written", reason: "File too large")) {
          try replace(path, String(repeating: "x", count: 1 << 20 + 1))
        }
      }
      #expect(try folder.names == ["old"] && folder.text("old") == "before")
    }

    /// A pipe takes all bytes, and cannot be synchronised.
    @Test("what the disk does not confirm is not written")
    func unconfirmed() throws {
      var ends: [CInt] = [0, 0]
      try #require(pipe(&ends) == 0)
      defer { for end in ends { close(end) } }
      #expect(throws: RegularFileError.system(step: "written", reason: "Invalid argument")) {
        try write("text") { (bytes) throws(RegularFileError) in try writeThrough(bytes, to: ends[1]) }
      }
    }

    @Test("a name of any length has room for a half written file beside it", arguments: [1, 200, 201, 255])
    func longName(count: Int) throws {
      let folder = try TemporaryFolder()
      let name = String(repeating: "n", count: count)
      try replace(folder.path(name), "text")
      #expect(folder.names == [name])
    }
  }
}
