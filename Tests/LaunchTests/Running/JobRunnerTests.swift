import Glibc
import TestSupport
import Testing

@testable import Launch

/// Jobs of a script in mpirun's place.
@Suite("a job from its start to its end") struct JobRunnerTests {
  private let folder: TemporaryFolder
  private let said = Said()

  init() throws { folder = try TemporaryFolder("it's here") }

  /// Runs a job.
  ///
  /// - Parameters:
  ///   - mpirun: a script.
  ///   - output: nil for a file.
  /// - Returns: the exit code.
  private func run(
    _ mpirun: String, output: Descriptor? = nil, limits: SupervisionLimits = SupervisionLimits(attempts: 0),
    change: (inout JobRunner.Settings) -> Void = { _ in }
  ) async throws -> Int32 {
    let path = try folder.script("mpirun", mpirun)
    func file(_ name: String) -> Descriptor {
      Descriptor(open(folder.path(name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600))
    }
    let (output, errors) = (output ?? file("output"), file("errors"))
    var settings = JobRunner.Settings(program: ["/bin/train", "--steps", "3"])
    (settings.limits, settings.output, settings.errors) = (limits, output.number, errors.number)
    (settings.temporaryFiles, settings.listening) = (folder.path, .thisHost(parent: "/tmp"))
    change(&settings)
    let site = ThisHost(
      launcher: MPILauncher(name: "mpirun", path: path, version: "4.1.4"), binder: ["/bin/launch", "bind"], ranks: 2,
      cores: UsableCores(mask: [0, 1], cores: nil, quota: nil))
    let code = await JobRunner(settings, site: site, say: { [said] in said.add($0) }).run()
    withExtendedLifetime((output, errors)) {}
    return code
  }

  /// What a script leaves behind its ranks' backs: how the job's processes and files are called.
  private static let tells = """
    echo "$DDP_TRAIN_JOB" >>"$0.names"
    for folder in /dev/shm "$(dirname "$0")"; do ls -d "$folder/ddp-train.$DDP_TRAIN_JOB" >>"$0.folders"; done
    """

  /// What is left of the jobs that have told.
  private func leftovers() throws -> [String] {
    let names = try folder.text("mpirun.names").split(separator: "\n").map(String.init)
    let folders = try folder.text("mpirun.folders").split(separator: "\n").map(String.init)
    #expect(Set(names).count == names.count && folders.count == 2 * names.count)
    return folders.filter { access($0, F_OK) == 0 }
      + names.flatMap { JobProcesses(name: $0).numbers() }.map { "process \($0)" }
  }

  @Test("output, errors and the exit code pass; nothing is left") func passes() async throws {
    let code = try await run(
      """
      \(Self.tells)
      for rank in 0 1; do (echo "rank $rank"; echo "why $rank" >&2) & done
      wait
      echo "$*" >"$0.words"
      exit 7
      """)
    #expect(code == 7)
    #expect(try folder.text("output").split(separator: "\n").sorted() == ["rank 0", "rank 1"])
    #expect(try folder.text("errors").split(separator: "\n").sorted() == ["why 0", "why 1"])
    #expect(said.lines == ["physical cores: 2; ranks: 2, one a core, on CPUs 0 1"])
    #expect(try leftovers() == [])
    let words = try folder.text("mpirun.words")
    #expect(words.hasPrefix("--mca ddp_train_job \(try folder.text("mpirun.names").dropLast()) "))
    #expect(
      words.hasSuffix(
        " -x DDP_TRAIN_SIGNS -x DDP_TRAIN_SIGN_TOKEN -x DDP_TRAIN_JOB -np 2 --map-by slot --bind-to none"
          + " /bin/launch bind /bin/train --steps 3\n"))
  }

  @Test("mpirun's box after an exit code is dropped from errors, and from nothing else") func boxes() async throws {
    let rule = String(repeating: "-", count: 74)
    let box = "\(rule)\nPrimary job  terminated normally, but 1 process returned\n\(rule)\n"
    try folder.file("box", box)
    let code = try await run("cat \"${0%mpirun}box\"; echo why >&2; cat \"${0%mpirun}box\" >&2; exit 3")
    #expect(code == 3)
    #expect(try folder.text("output") == box)
    #expect(try folder.text("errors") == "why\n")
  }

  @Test("an mpirun that is killed ends the job with its signal") func killed() async throws {
    let code = try await run("\(Self.tells)\nkill -KILL $$")
    #expect(code == 128 + SIGKILL)
    #expect(try leftovers() == [])
  }

  @Test("ranks that mpirun leaves behind are ended, though they hold its output") func leftBehind() async throws {
    let code = try await run("\(Self.tells)\nsetsid sh -c 'kill -STOP $$' & echo done; exit 5")
    #expect(code == 5)
    #expect(try folder.text("output") == "done\n")
    #expect(try leftovers() == [])
  }

  @Test("ranks that never connect are judged by mpirun's exit code") func unheard() async throws {
    let code = try await run("exit 0")
    #expect(code == 0)
  }

  @Test(
    "where ranks are heard their word counts, whatever mpirun ends with",
    arguments: [(JobEnding.done, 3, 0), (.failed, 0, 1), (.stopped, 1, 130), (.failed, 5, 5)]
      as [(JobEnding, Int, Int32)])
  func heard(ending: JobEnding, exit: Int, code: Int32) async throws {
    let mpirun = folder.path("mpirun")
    let isConfirmed = Flag()
    let ranks = SignalFreeThread {
      guard eventually({ access(mpirun + ".signs", F_OK) == 0 }) else { return }
      let values = SystemFiles().lines(mpirun + ".signs")
      let variables = Dictionary(uniqueKeysWithValues: zip(["DDP_TRAIN_SIGNS", "DDP_TRAIN_SIGN_TOKEN"], values))
      if let environment = try? SignEnvironment(lookup: { variables[$0] }) {
        let ranks = TestedJob(environment, boards: mpirun + ".boards")
        ranks.senders[0].begin(ranks: 2, step: 0)
        if ranks.senders[0].end(ending, code: 0) { isConfirmed.set() }
        ranks.stop()
      }
      close(open(mpirun + ".go", O_CREAT | O_WRONLY, 0o600))
    }
    try folder.privateFolder("mpirun.boards")
    let ended = try await run(
      """
      printf '%s\\n' "$DDP_TRAIN_SIGNS" "$DDP_TRAIN_SIGN_TOKEN" >"$0.part" && mv "$0.part" "$0.signs"
      until [ -e "$0.go" ]; do sleep 0.01; done
      exit \(exit)
      """)
    try #require(ranks).join()
    #expect(ended == code)
    #expect(isConfirmed.value)
    #expect(said.lines.count == 1)
  }

  @Test("a reader of its output that leaves ends it in order") func readerLeaves() async throws {
    var ends: [CInt] = [-1, -1]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let reader = ends[0]
    let ready = folder.path("mpirun.ready")
    let leaving = Task.detached {
      while access(ready, F_OK) != 0 { try? await Task.sleep(for: .milliseconds(10)) }
      close(reader)
    }
    defer { leaving.cancel() }
    // Also while nothing is written.
    let code = try await run(
      """
      \(Self.tells)
      trap 'echo stopped >&2; exit 130' USR1
      : >"$0.ready"
      while :; do sleep 0.02; done
      """, output: Descriptor(ends[1]))
    #expect(code == 130)
    #expect(try folder.text("errors") == "stopped\n")
    #expect(try leftovers() == [])
  }

  @Test("its input is empty, its environment has what is set for it, and both know nothing of this process's")
  func surroundings() async throws {
    let code = try await run("cat; echo \"$OF_THE_JOB\"; readlink /proc/self/fd/0") {
      $0.environment = ["OF_THE_JOB": "a value"]
    }
    #expect(code == 0)
    #expect(try folder.text("output") == "a value\n/dev/null\n")
  }

  @Test("it leads a group of its own, so that a Ctrl-C comes to it once") func group() async throws {
    let code = try await run("cut -d ' ' -f 5 /proc/$$/stat; echo $$")
    #expect(code == 0)
    let lines = try folder.text("output").split(separator: "\n")
    #expect(lines.count == 2 && lines.first == lines.last)
  }

  @Test("notes are said where they are wanted") func notes() async throws {
    let code = try await run("exit 4") { $0.saysNotes = false }
    #expect(code == 4)
    #expect(said.lines == [])
  }

  /// Runs a job somewhere else.
  private func run(_ site: any JobSite) async -> Int32 {
    var settings = JobRunner.Settings(program: ["/bin/train"])
    let errors = Descriptor(open(folder.path("errors"), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
    (settings.limits.attempts, settings.temporaryFiles, settings.errors) = (0, folder.path, errors.number)
    let code = await JobRunner(settings, site: site, say: { [said] in said.add($0) }).run()
    withExtendedLifetime(errors) {}
    return code
  }

  @Test("an mpirun that is not there is an end like any other") func noLauncher() async throws {
    let site = ThisHost(
      launcher: MPILauncher(name: "mpirun", path: folder.path("none"), version: "4.1.4"), binder: [], ranks: 1,
      cores: UsableCores(mask: [0], cores: nil, quota: nil))
    let code = await run(site)
    #expect(code == 127)
    #expect(try folder.text("errors").contains(folder.path("none")))
    #expect(folder.names == ["errors"])
  }

  private struct Refusing: JobSite {
    func prepare(_ place: JobPlace) throws -> PreparedJob {
      throw JobSiteError(["host a: wrong", "host b: wrong"], code: 69)
    }
  }

  @Test("a site that refuses is heard line by line, and its folders go") func refused() async throws {
    let code = await run(Refusing())
    #expect(code == 69)
    #expect(said.lines == ["host a: wrong", "host b: wrong"])
    #expect(folder.names == ["errors"])
  }

  @Test("a place to listen that cannot be had is said") func notListening() async throws {
    let code = try await run("exit 0") { $0.listening = .thisHost(parent: "/none") }
    #expect(code == exitUnavailable)
    #expect(said.lines.count == 1 && said.lines.first?.contains("/none") == true)
  }

  @Test("a job that fails is started again under another name, and what was left of the first is gone")
  func startedAgain() async throws {
    let code = try await run(
      "\(Self.tells)\n[ $(wc -l <\"$0.names\") = 2 ] && exit 130\nsetsid sh -c 'kill -STOP $$' & exit 9",
      limits: SupervisionLimits(attempts: 3))
    #expect(code == 130)
    #expect(try folder.text("mpirun.names").split(separator: "\n").count == 2)
    #expect(said.lines.contains { $0.contains("starting it again, failure 1 of 3") })
    #expect(try leftovers() == [])
  }
}
