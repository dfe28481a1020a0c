import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// ddp-launch with a script in mpirun's place, for what a real one seldom does. Not in the process of the tests: there a job
  /// would wait for threads that other tests block.
  @Suite("jobs of a script in mpirun's place")
  struct FakeLauncher {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("it's here") }

    /// Runs a job.
    ///
    /// - Parameters:
    ///   - mpirun: a script, in which `$TRAINER` is ddp-train.
    ///   - command: `"$0"` is ddp-launch.
    private func run(_ mpirun: String, _ command: String = #""$0" run --ranks 2 --quiet --program /bin/true"#) throws
      -> RunResult
    {
      let path = try folder.file(
        "mpirun", "#!/bin/sh\n[ \"$1\" != --version ] || { echo 'mpirun (Open MPI) 4.1.4'; exit; }\n\(mpirun)\n")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      let script = #"export DDP_TRAIN_MPIRUN="$1" TMPDIR="$2" TRAINER="${0%/*}/ddp-train"; "# + command
      return try MPIRun.runScript(script, program: "ddp-launch", [path, folder.path])
    }

    /// Writes down what the test is to look for: the name of the job's processes, and its folders.
    private let tells = """
      echo "$DDP_TRAIN_JOB" >>"$0.names"
      for folder in /dev/shm "$TMPDIR"; do ls -d "$folder/ddp-train.$DDP_TRAIN_JOB" >>"$0.folders"; done
      """

    /// The jobs that have told are gone, with their processes and folders.
    private func expectNothingLeft(jobs: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
      let names = try folder.text("mpirun.names").split(separator: "\n").map(String.init)
      let folders = try folder.text("mpirun.folders").split(separator: "\n").map(String.init)
      #expect(Set(names).count == jobs && folders.count == 2 * jobs, sourceLocation: sourceLocation)
      for path in folders { #expect(!FileManager.default.fileExists(atPath: path), sourceLocation: sourceLocation) }
      let script = #"for name; do grep -lzs "^DDP_TRAIN_JOB=$name" /proc/[0-9]*/environ; done; true"#
      let found = try MPIRun.runScript(script, program: "ddp-launch", names)
      #expect(found.lines.isEmpty, "\(found)", sourceLocation: sourceLocation)
    }

    @Test("output, errors and the exit code pass; nothing is left")
    func passes() throws {
      let result = try run(
        "\(tells)\nfor rank in 0 1; do (echo \"rank $rank\"; echo \"why $rank\" >&2) & done; wait; printf end; exit 7")
      #expect(result.exitCode == 7)
      #expect(Set(result.lines) == ["rank 0", "rank 1", "end"], "\(result)")
      #expect(Set(result.stderr.split(separator: "\n")) == ["why 0", "why 1"], "\(result)")
      try expectNothingLeft(jobs: 1)
    }

    @Test("mpirun's box after an exit code is dropped from errors, and from nothing else")
    func boxes() throws {
      let rule = String(repeating: "-", count: 74)
      let box = "\(rule)\nPrimary job  terminated normally, but 1 process returned\n\(rule)\n"
      let result = try run("cat <<'END'\n\(box)END\ncat >&2 <<'END'\nbefore\n\(box)after\nEND\nexit 3")
      #expect(result.exitCode == 3)
      #expect(result.stdout == box, "\(result)")
      #expect(result.stderr == "before\nafter\n", "\(result)")
    }

    @Test("an mpirun that is killed ends the job with its signal")
    func killed() throws {
      #expect(try run("\(tells)\nkill -KILL $$").exitCode == 128 + SIGKILL)
      try expectNothingLeft(jobs: 1)
    }

    @Test("ranks that mpirun leaves are ended, though they hold its output")
    func leftBehind() throws {
      let result = try run("\(tells)\nsetsid sh -c 'kill -STOP $$' & echo done; exit 5")
      #expect(result.exitCode == 5)
      #expect(result.lines == ["done"], "\(result)")
      try expectNothingLeft(jobs: 1)
    }

    @Test(
      "where ranks are heard their word counts, whatever mpirun ends with",
      arguments: [
        ("--steps 5", 3, Int32(0)), ("--steps 5", 0, 0), ("--steps x", 0, 64), ("--steps 5 --data /nonexistent", 5, 1),
        ("--steps 5 --data /nonexistent", 0, 1),
      ])
    func word(options: String, exit: Int, code: Int32) throws {
      let result = try run(
        "\"$TRAINER\" --d-model 16 --generate 0 --progress never \(options) >/dev/null 2>&1\nexit \(exit)")
      #expect(result.exitCode == code, "\(result)")
    }

    @Test("a run that was stopped says so, whatever mpirun ends with")
    func stopped() throws {
      let result = try run(
        "timeout -s TERM 1 \"$TRAINER\" --d-model 16 --generate 0 --progress never --steps 1000000000\nexit 1")
      #expect(result.exitCode == 130, "\(result)")
    }

    @Test("an mpirun that stays after rank 0 has finished is ended, and the code is 0")
    func stays() throws {
      let result = try run(
        "\(tells)\n\"$TRAINER\" --d-model 16 --generate 0 --progress never --steps 5\ntrap '' TERM\nsleep 100 & wait; sleep 100"
      )
      #expect(result.exitCode == 0, "\(result)")
      try expectNothingLeft(jobs: 1)
    }

    @Test("its input is empty, and it leads a group of its own, so that a Ctrl-C comes to it once")
    func surroundings() throws {
      let result = try run("cat; readlink /proc/self/fd/0; cut -d ' ' -f 5 /proc/$$/stat; echo $$")
      #expect(result.exitCode == 0)
      #expect(
        result.lines.count == 3 && result.lines[0] == "/dev/null" && result.lines[1] == result.lines[2], "\(result)")
    }

    @Test("a job that fails is started again under another name, and what was left of the first is gone")
    func startedAgain() throws {
      let result = try run(
        "\(tells)\n[ $(wc -l <\"$0.names\") = 2 ] && exit 130\nsetsid sh -c 'kill -STOP $$' & exit 9",
        #""$0" supervise --ranks 1 --program /bin/true -- --checkpoint-dir x"#)
      #expect(result.exitCode == 130)
      #expect(result.stderr.contains("starting it again, failure 1 of 3"), "\(result)")
      try expectNothingLeft(jobs: 2)
    }

    @Test("an mpirun that is not there is one line")
    func noLauncher() throws {
      let result = try MPIRun.runScript(
        #"PATH=/nonexistent DDP_TRAIN_MPIRUN=/nonexistent "$0" run --program /bin/true"#, program: "ddp-launch")
      #expect(result.exitCode == 69)
      #expect(result.stderr.hasPrefix("launch: there is no Open MPI mpirun in PATH: "), "\(result)")
    }
  }
}
