import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  @Suite("bad data files")
  struct BadData {
    private func run(
      _ start: Start, _ content: Data, _ arguments: [String] = []
    ) throws -> (file: String, result: RunResult) {
      let folder = try TemporaryFolder()
      let file = try folder.file("names.txt", content)
      return (file, try ddpTrain(start, ["--data", file, "--steps", "3", "--progress", "never"] + arguments))
    }

    @Test("no such file, or a folder", arguments: Start.both)
    func missing(start: Start) throws {
      let folder = try TemporaryFolder()
      expectFailure(try ddpTrain(start, ["--data", folder.path("none.txt")]), saying: "none.txt: no such file")
      expectFailure(try ddpTrain(start, ["--data", folder.path]), saying: "\(folder.path): is a directory")
    }

    @Test("an empty file, and one of blank lines", arguments: Start.both)
    func empty(start: Start) throws {
      let (file, result) = try run(start, Data())
      expectFailure(result, saying: "\(file): is empty")
      expectFailure(try run(start, Data("\n \n\t\n".utf8)).result, saying: "blank lines only")
    }

    @Test("a binary file, and one that is not UTF-8: the line is named", arguments: Start.both)
    func notText(start: Start) throws {
      let (file, result) = try run(start, Data([0x61, 0x0a, 0x7f, 0x45, 0x4c, 0x46, 0x00, 0x01]))
      expectFailure(result, saying: "\(file), line 2: a NUL byte")
      let latin = Data([0x61, 0x6e, 0x6e, 0x61, 0x0a, 0x62, 0x0a, 0x6a, 0x6f, 0x73, 0xe9, 0x0a])
      let (second, refused) = try run(start, latin)
      expectFailure(refused, saying: "\(second), line 3: not UTF-8")
    }

    @Test("a character outside a–z: file, line and character are named", arguments: Start.both)
    func character(start: Start) throws {
      let (file, result) = try run(start, Data("Anna\nMARK\njosé\nnoël\n".utf8))
      expectFailure(result, saying: "\(file), line 3: \"é\" (U+00E9) is not a letter a–z")
      expectFailure(try run(start, Data("anna\nmary ann\n".utf8)).result, saying: "line 2:")
    }

    @Test("--skip-invalid leaves such lines out, and says once how many", arguments: Start.both)
    func skip(start: Start) throws {
      let (file, result) = try run(start, Data("Anna\nMARK\njosé\nx-y\nnoël\n".utf8), ["--skip-invalid"])
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.stderr.components(separatedBy: "\(file): skipped 3 lines").count == 2, "\(result)")
      #expect(result.line("data") == "\(file): 2 names", "\(result)")
      let (_, refused) = try run(start, Data("1\n2\n".utf8), ["--skip-invalid"])
      expectFailure(refused, saying: "holds no valid name (lines skipped: 2)")
    }

    @Test("names longer than 15 letters are used, and counted once", arguments: Start.both)
    func long(start: Start) throws {
      let fifteen = String(repeating: "a", count: 15)
      let (file, result) = try run(start, Data("\(fifteen)\n\(fifteen)b\n\(fifteen)bcdefg\nanna\n".utf8))
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.stderr.components(separatedBy: "\(file): 2 names longer than 15 letters").count == 2, "\(result)")
      #expect(result.line("data") == "\(file): 4 names", "\(result)")
    }

    @Test("too few names to hold a tenth out", arguments: Start.both)
    func tooFew(start: Start) throws {
      expectFailure(try run(start, Data("anna\nmark\n".utf8), ["--eval"]).result, saying: "at least 10 names")
    }

    @Test("one name is enough", arguments: Start.both)
    func one(start: Start) throws {
      #expect(try run(start, Data("anna".utf8)).result.exitCode == 0)
    }
  }
}
