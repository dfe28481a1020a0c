import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Every option that names an output, with everything that may be at its path.
  @Suite("outputs")
  struct Outputs {
    /// A report that nobody measured, for `report` to read.
    private let room: TemporaryFolder
    private let input: String

    init() throws {
      room = try TemporaryFolder()
      input = try room.file("input/run.json", Report.small)
    }

    private func inputs(_ output: OutputOption) -> [String] { Array(repeating: input, count: output.inputs) }

    /// Runs a command with the option's path.
    private func run(
      _ output: OutputOption, _ path: String, more: [String] = [], isQuick: Bool = true,
      meanwhile: (RunningJob) throws -> Void = { _ in }
    ) throws -> RunResult {
      let words = [output.command] + inputs(output) + more
      return try ddpTrain(
        output.start, words + (isQuick ? output.quick : output.slow) + [output.option, path], meanwhile: meanwhile)
    }

    /// What to name so that the file at `file` is written.
    private func value(_ output: OutputOption, _ file: String) -> String {
      output.fileInFolder == nil ? file : URL(fileURLWithPath: file).deletingLastPathComponent().path
    }

    /// A file in a folder of its own for the option to write.
    private func place(_ output: OutputOption) throws -> String {
      try FileManager.default.createDirectory(atPath: room.path("out"), withIntermediateDirectories: true)
      return room.path("out/\(output.fileInFolder ?? "result")")
    }

    private func expectRefusal(_ output: OutputOption, _ path: String, _ reason: String, more: [String] = []) throws {
      let result = try run(output, path, more: more, isQuick: false)
      expectFailure(result, saying: reason)
      #expect(result.errors.first?.contains("\(output.option) \(path)") == true && result.stdout == "", "\(result)")
    }

    private func isUsable(_ output: OutputOption) -> Bool { !output.needsGnuplot || hasGnuplot }

    @Test("every option that names a file or a folder is known here")
    func known() throws {
      let named = try OutputOption.namedByProgram()
      let known = Set(OutputOption.all.map { "\($0.command) \($0.option)" })
      let unknown = named.filter { option in
        !known.contains(option) && !OutputOption.others.contains { " \(option)".hasSuffix(" \($0)") }
      }
      #expect(unknown.isEmpty, "add them to OutputOption.all or .others")
      #expect(known.subtracting(named).isEmpty)
    }

    @Test("a link that leads nowhere: its file is made", arguments: OutputOption.all)
    func dangling(output: OutputOption) throws {
      guard isUsable(output) else { return }
      let path = try place(output)
      try room.file("below/other", "")
      try #require(symlink("../below/target", path) == 0)
      let result = try run(output, value(output, path))
      #expect(result.exitCode == 0, "\(result)")
      #expect(try isLink(path) && !room.text("below/target").isEmpty)
      #expect(mode(room.path("below/target")) == mode(room.path("below/other")))
      #expect(try FileManager.default.contentsOfDirectory(atPath: room.path("below")).count == 2)
    }

    @Test("a link to a file: the file keeps its mode and its owner", arguments: OutputOption.all)
    func existing(output: OutputOption) throws {
      guard isUsable(output) else { return }
      let path = try place(output)
      let target = try room.file("below/target", "of before")
      try #require(symlink("../below/target", path) == 0 && chmod(target, 0o640) == 0)
      if geteuid() == 0 { try #require(chown(target, 65534, 65534) == 0) }
      let result = try run(output, value(output, path))
      #expect(result.exitCode == 0, "\(result)")
      #expect(try isLink(path) && !room.text("below/target").hasPrefix("of before"))
      #expect(mode(target) == 0o640 && (geteuid() != 0 || owner(target) == 65534))
      #expect(try FileManager.default.contentsOfDirectory(atPath: room.path("below")).count == 1)
    }

    @Test("a device is written to and stays one", .enabled(if: geteuid() == 0), arguments: OutputOption.all)
    func null(output: OutputOption) throws {
      guard isUsable(output) else { return }
      let path = try place(output)
      try #require(mknod(path, S_IFCHR | 0o666, 1 << 8 | 3) == 0)
      let result = try run(output, value(output, path))
      #expect(result.exitCode == 0 && kind(path) == S_IFCHR, "\(result)")
    }

    @Test("a full one is an error at the end", .enabled(if: geteuid() == 0), arguments: OutputOption.all)
    func full(output: OutputOption) throws {
      guard isUsable(output) else { return }
      let path = try place(output)
      try #require(mknod(path, S_IFCHR | 0o666, 1 << 8 | 7) == 0)
      let result = try run(output, value(output, path))
      expectFailure(result, saying: "\(output.option) \(path): cannot be written: No space left on device")
      #expect(kind(path) == S_IFCHR)
    }

    @Test("a pipe's reader gets it", arguments: OutputOption.all)
    func pipe(output: OutputOption) throws {
      guard isUsable(output) else { return }
      let path = try place(output)
      try #require(mkfifo(path, 0o600) == 0)
      let reader = PipeReader(path)
      let result = try run(output, value(output, path))
      #expect(result.exitCode == 0 && kind(path) == S_IFIFO, "\(result)")
      #expect(!reader.text().isEmpty)
    }

    @Test("- is standard output", arguments: OutputOption.all.filter { $0.fileInFolder == nil })
    func standardOutput(output: OutputOption) throws {
      let path = try place(output)
      let silent = try run(output, path)
      let result = try run(output, "-")
      #expect(result.exitCode == 0 && !FileManager.default.fileExists(atPath: "-"), "\(result)")
      let first = try #require(try room.text("out/result").split(whereSeparator: \.isNewline).first)
      #expect(result.lines.contains { $0.hasPrefix(first.prefix(8)) }, "\(result)")
      #expect(result.lines.count > silent.lines.count, "\(result)")
    }

    @Test(
      "a directory, and a folder that is not there, are refused before anything is done", arguments: OutputOption.all)
    func unwritable(output: OutputOption) throws {
      guard isUsable(output) else { return }
      if output.fileInFolder == nil {
        try expectRefusal(output, room.path, "is a directory, not a file")
        try expectRefusal(output, room.path("none/result"), "there is no folder \(room.path)/none")
      } else {
        try expectRefusal(output, input, "is not a folder")
        try expectRefusal(output, "\(input)/below", "Not a directory")
      }
      #expect(room.names == ["input"])
    }

    @Test("so is a file that is an input", arguments: OutputOption.all)
    func sameAsInput(output: OutputOption) throws {
      guard isUsable(output) else { return }
      let path = try place(output)
      var more: [String] = []
      var used = input
      if output.isOfTraining {
        used = try room.file("names.txt", Data(contentsOf: URL(fileURLWithPath: PackagePaths.names)))
        more = ["--data", used]
      } else if output.inputs == 0 {
        used = PackagePaths.names
      }
      try #require(symlink(used, path) == 0)
      let before = try Data(contentsOf: URL(fileURLWithPath: used))
      let result = try run(output, value(output, path), more: more, isQuick: false)
      expectFailure(result, saying: "\(output.option) \(path): is the same file as ")
      #expect(result.errors.first?.contains(used) == true, "\(result)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: used)) == before)
    }

    @Test(
      "so is the file that standard output goes to",
      arguments: OutputOption.all.filter { $0.start.description == "alone" })
    func sameAsStandardOutput(output: OutputOption) throws {
      guard isUsable(output) else { return }
      let path = try place(output)
      try Data().write(to: URL(fileURLWithPath: path))
      let words = [output.command] + inputs(output) + output.slow
      let result = try MPIRun.runAlone("ddp-train", words + [output.option, value(output, path)], output: path)
      expectFailure(result, saying: "\(output.option) \(path): is the same file as standard output")
    }

    @Test("so are two options of the same file")
    func twice() throws {
      let path = room.path("result")
      try #require(link(try room.file("old", "of before"), room.path("hard")) == 0)
      for (words, option) in [
        ("scaling --seconds 3600 --json \(path) --csv \(room.path)/./result", "--csv \(room.path)/./result"),
        ("train --metrics \(room.path)/old --trace \(room.path)/hard", "--trace \(room.path)/hard"),
      ] {
        let result = try ddpTrain(.alone, words.split(separator: " ").map(String.init))
        expectFailure(result, saying: "\(option): is the same file as --")
        #expect(result.stdout == "", "\(result)")
      }
      #expect(try room.text("old") == "of before" && room.names == ["hard", "input", "old"])
    }

    @Test(
      "so is a file of the checkpoints, also one that is yet to come",
      arguments: [
        (".lock", "is the same file as --checkpoint-dir"),
        ("step-000000007.safetensors", "step-000000007.safetensors is a name of the checkpoints in --checkpoint-dir"),
        ("link", "step-000000007.safetensors is a name of the checkpoints in --checkpoint-dir"),
      ])
    func checkpoints(name: String, reason: String) throws {
      let folder = room.path("run")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try #require(symlink("step-000000007.safetensors", room.path("run/link")) == 0)
      for option in ["--metrics", "--trace"] {
        let result = try ddpTrain(
          .alone, ["--steps", "1000000", "--checkpoint-dir", folder, option, "\(folder)/\(name)"])
        expectFailure(result, saying: "\(option) \(folder)/\(name): \(reason)")
        #expect(result.stdout == "", "\(result)")
      }
    }

    @Test(
      "where the folder may not be written to, a new file is refused, and an old one written in its place",
      .enabled(if: geteuid() == 0, "only root becomes somebody else"),
      arguments: OutputOption.all.filter { $0.start.description == "alone" })
    func asNobody(output: OutputOption) throws {
      guard isUsable(output), output.fileInFolder == nil else { return }
      let path = try place(output)
      for folder in [room.path, room.path("out"), URL(fileURLWithPath: room.path).deletingLastPathComponent().path] {
        try #require(chmod(folder, 0o755) == 0)
      }
      func run(_ path: String) throws -> RunResult {
        let words = [output.command] + inputs(output) + output.quick + [output.option, path]
        return try MPIRun.runScript(
          "cd / && exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" \(words.joined(separator: " "))",
          program: "ddp-train")
      }
      expectFailure(
        try run(path),
        saying: "\(output.option) \(path): the folder \(room.path)/out cannot be written to: Permission denied")
      let old = try room.file("out/old", "of before")
      try #require(chmod(old, 0o666) == 0)
      let inode = self.inode(old)
      let result = try run(old)
      #expect(result.exitCode == 0, "\(result)")
      #expect(try !room.text("out/old").hasPrefix("of before") && self.inode(old) == inode && mode(old) == 0o666)
      #expect(room.names == ["input", "out"])
    }

    @Test("a pipe that nobody reads is waited for, and said, until somebody reads it or a signal comes")
    func noReader() throws {
      try #require(mkfifo(room.path("pipe"), 0o600) == 0)
      let options = "--d-model 16 --steps 10 --progress never --generate 0 --metrics pipe"
      let training = "cd \(room.path) || exit; \"$0\" \(options)"
      let waiting = "until grep -q 'pipe is a pipe that nobody reads: waiting for a reader' said; do sleep 0.02; done"
      let read = try MPIRun.runScript(
        "\(training) 2>said & \(waiting); cat pipe >got; wait $!", program: "ddp-train")
      #expect(try read.exitCode == 0 && room.text("got").split(separator: "\n").count == 11, "\(read)")
      try room.file("said", "")
      let stopped = try MPIRun.runScript(
        "\(training) 2>said & \(waiting); kill -TERM $!; wait $!", program: "ddp-train")
      #expect(stopped.exitCode == 130, "\(stopped)")
      #expect(try room.text("said").contains("--metrics pipe: not written: nobody read it until the stop"))
    }

    // MARK: - What is at a path

    private func status(_ path: String) -> stat? {
      var status = stat()
      return lstat(path, &status) == 0 ? status : nil
    }
    private func kind(_ path: String) -> mode_t? { status(path).map { $0.st_mode & S_IFMT } }
    private func mode(_ path: String) -> mode_t? { status(path).map { $0.st_mode & 0o777 } }
    private func owner(_ path: String) -> uid_t? { status(path)?.st_uid }
    private func inode(_ path: String) -> ino_t? { status(path)?.st_ino }
    private func isLink(_ path: String) -> Bool { kind(path) == S_IFLNK }

    private let hasGnuplot = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/gnuplot") }
  }
}
