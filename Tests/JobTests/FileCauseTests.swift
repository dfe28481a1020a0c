import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Every command and option that reads a file says what is wrong with it, whatever it is.
  @Suite("the true cause, in every message about a file that is read")
  struct FileCauses {
    /// Arguments before the file's name, and after it.
    struct Reader: Sendable, CustomTestStringConvertible {
      let before: [String]
      var after: [String] = []
      var testDescription: String { before.joined(separator: " ") }
    }

    /// A new reader belongs here.
    static let readers = [
      Reader(before: ["train", "--steps", "1", "--data"]),
      Reader(before: ["train", "--steps", "1", "--config"]),
      Reader(before: ["generate", "--model"]),
      Reader(before: ["check"]),
      Reader(before: ["report"], after: ["--report", "page"]),
      Reader(before: ["info"]),
      Reader(before: ["compare"], after: ["other"]),
    ]

    /// A name in `folder`, and what is said of it.
    private func causes(in folder: TemporaryFolder) throws -> [(name: String, cause: String)] {
      try folder.file("file", "x")
      #expect(mkdir(folder.path("folder"), 0o700) == 0 && mkfifo(folder.path("pipe"), 0o600) == 0)
      #expect(symlink("loop", folder.path("loop")) == 0 && symlink("nowhere", folder.path("dangling")) == 0)
      var causes = [
        ("none", "no such "), ("dangling", "no such "), ("folder", "is a directory"),
        ("pipe", "is a pipe, a socket or a device"), ("file/below", "cannot be opened: Not a directory"),
        (String(repeating: "n", count: 300), "cannot be opened: File name too long"),
        ("loop", "cannot be opened: Too many levels of symbolic links"),
      ]
      if getuid() != 0 {
        #expect(chmod(try folder.file("secret", "x"), 0) == 0)
        causes.append(("secret", "cannot be opened: Permission denied"))
      }
      return causes
    }

    @Test("a file that cannot be read", arguments: readers)
    func sweep(reader: Reader) throws {
      let folder = try TemporaryFolder()
      if reader.before[0] == "report", try MPIRun.runScript("command -v gnuplot", program: "ddp-train").exitCode != 0 {
        print("skipped: no gnuplot, without which there is no report")
        return
      }
      for (name, cause) in try causes(in: folder) + [("/proc/self/mem", "cannot be read: Input/output error")] {
        let path = name.hasPrefix("/") ? name : folder.path(name)
        let result = try ddpTrain(.alone, reader.before + [path] + reader.after, folder: folder.path)
        expectFailure(result, saying: cause)
        #expect(result.errors.first?.contains(path) == true, "\(result)")
      }
    }

    /// For root nothing is forbidden: as nobody.
    @Test("a file that may not be read", arguments: readers)
    func forbidden(reader: Reader) throws {
      let folder = try TemporaryFolder()
      let path = try folder.file("secret", "x")
      #expect(chmod(path, 0) == 0)
      let words = (reader.before + [path] + reader.after).map { "'\($0)'" }.joined(separator: " ")
      let nobody = getuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : ""
      // The folders above are the test's own.
      for above in [folder.path, URL(fileURLWithPath: folder.path).deletingLastPathComponent().path] {
        #expect(chmod(above, 0o755) == 0)
      }
      let script = "cd /tmp && \(nobody) test -x \"$0\" && HOME=/ exec \(nobody) \"$0\" \(words)"
      let result = try MPIRun.runScript(script, program: "ddp-train")
      guard !result.stderr.isEmpty else {
        print("skipped: nobody may not start the program where it is")
        return
      }
      if reader.before[0] == "report", result.stderr.contains("gnuplot") { return }
      expectFailure(result, saying: "\(path): cannot be opened: Permission denied")
    }
  }
}
