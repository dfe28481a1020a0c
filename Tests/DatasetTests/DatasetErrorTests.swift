import Dataset
import Foundation
import TestSupport
import Testing

/// What a user reads when a file of names is wrong: the file, the line, the reason and the way out.
@Suite struct DatasetErrorTests {
  @Test(arguments: [
    ("anna\nmary-ann\n", "test.txt, line 2: \"-\" is not a letter a–z"),
    ("\n\n\nb0b", "test.txt, line 4: \"0\" is not"),
    ("José", "test.txt, line 1: \"é\" (U+00E9) is not"),
    ("\u{4E2D}", "test.txt, line 1: \"\u{4E2D}\" (U+4E2D) is not"),
    ("Jose\u{301}", "test.txt, line 1: U+0301 is not"),
    ("an\u{200B}na", "test.txt, line 1: U+200B is not"),
    ("an\u{A0}na", "test.txt, line 1: U+00A0 is not"),
    ("\u{1F600}", "test.txt, line 1: \"\u{1F600}\" (U+1F600) is not"),
    ("\u{212A}im", "test.txt, line 1: \"\u{212A}\" (U+212A) is not"),
    ("mary ann", "test.txt, line 1: a space inside the name is not"),
    ("mary\tann", "test.txt, line 1: U+0009 is not"),
    ("anna\rbob\rzoe", "test.txt, line 1: U+000D is not"),
    ("anna\n\u{FEFF}bob", "test.txt, line 2: U+FEFF is not"),
    ("@nna", "\"@\""), ("[nna", "\"[\""), ("`nna", "\"`\""), ("{nna", "\"{\""), ("!nna", "\"!\""), ("\u{1}", "U+0001"),
  ])
  func charactersOutsideTheAlphabet(text: String, expected: String) {
    let message = message { _ = try names(text) }
    #expect(message.contains(expected))
    #expect(message.contains("--skip-invalid"))
  }

  @Test(arguments: [false, true])
  func contentThatIsNoText(skipInvalid: Bool) {
    func message(_ bytes: [UInt8]) -> String {
      TestSupport.message { _ = try NameSet(bytes: bytes, source: "test.txt", skipInvalid: skipInvalid) }
    }
    #expect(message([]).contains("test.txt: is empty"))
    #expect(message(Array("anna\nb\0b".utf8)).contains("test.txt, line 2: a NUL byte (at byte 6)"))
    #expect(message([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00]).contains("UTF-16"))
    #expect(message(Array("anna\nbob\n".utf8) + [0x7A, 0xE9]).contains("test.txt, line 3: not UTF-8 (at byte 10)"))
    #expect(message([0xC0, 0xAF]).contains("line 1: not UTF-8 (at byte 0); convert the file to UTF-8"))
    #expect(message([0xED, 0xA0, 0x80]).contains("not UTF-8"))
    #expect(message([0x61, 0xE2, 0x82]).contains("not UTF-8 (at byte 1)"))
    #expect(message(Array("\n \r\n\t".utf8)).contains("test.txt: holds blank lines only"))
    #expect(message([0xEF, 0xBB, 0xBF]).contains("test.txt: holds blank lines only"))
  }

  @Test func everyLineSkipped() {
    let message = message { _ = try names("1\n2\n\n3", skipInvalid: true) }
    #expect(message.contains("test.txt: holds no valid name (lines skipped: 3)"))
  }

  @Test func filesThatCannotBeRead() throws {
    let folder = try TemporaryFolder()
    func message(_ path: String) -> String { TestSupport.message { _ = try NameSet(path: path) } }
    #expect(message(folder.path("none.txt")).hasPrefix("\(folder.path)/none.txt: no such file; check the path"))
    #expect(message("").contains("no such file"))
    #expect(message(folder.path) == "\(folder.path): is a directory; name a text file in it, with one name per line")

    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    #expect(message(folder.path("pipe")).contains("pipe: is a pipe, a socket or a device"))
    #expect(message("/dev/zero").contains("/dev/zero: is a pipe, a socket or a device"))

    #expect(symlink("loop", folder.path("loop")) == 0)
    #expect(message(folder.path("loop")).contains("loop: cannot be opened: Too many levels of symbolic links"))
    #expect(message(folder.path("loop")).contains("check the file and its permissions"))

    try folder.file("empty.txt", Data())
    #expect(message(folder.path("empty.txt")).contains("empty.txt: is empty"))
  }

  /// Root may read everything, so this is about other users.
  @Test(.enabled(if: geteuid() != 0)) func filesWithoutPermission() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("secret.txt", "anna")
    #expect(chmod(path, 0) == 0)
    #expect(message { _ = try NameSet(path: path) }.contains("secret.txt: cannot be opened: Permission denied"))
  }

  #if os(Linux)
    /// A regular file whose pages at 0 are never mapped: it opens, and reading fails.
    @Test func filesThatFailWhileRead() {
      #expect(message { _ = try NameSet(path: "/proc/self/mem") }.contains("/proc/self/mem: cannot be read: "))
    }
  #endif

  /// The file has a size and no blocks: it costs no disk, and refusing it must cost no memory.
  @Test func filesThatAreTooLarge() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("huge.txt", "anna\n")
    #expect(truncate(path, NameSet.maxFileSize + 1) == 0)
    #expect(message { _ = try NameSet(path: path) }.contains("huge.txt: is larger than 1073741824 bytes"))
  }
}
