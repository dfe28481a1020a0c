import Files
import Glibc
import Subprocess
import Synchronization
import SystemPackage
import Values

/// One start of a job: from the look at its hosts to the removal of what is left of it.
final class RunningJob: Sendable {
  private let place: JobPlace
  private let site: any JobSite
  private struct State {
    /// mpirun's; nil before and after.
    var process: pid_t?
    /// Whether rank 0 has said that all is done.
    var isDone = false
    var folders: JobFolders?
    var outputFailure: CInt?
    var pumps: [OutputPump] = []
    /// How often a signal asked for its end.
    var asked = 0
    var isKilled = false
  }
  private let state: Mutex<State>

  /// - Parameters:
  ///   - signs: what ranks need to be heard.
  ///   - say: tells the user one line.
  ///   - tell: hears of the start and of the end: `started` or `startFailed`, `hostLost`, `exited`.
  init(
    _ settings: JobRunner.Settings, site: any JobSite, signs: SignEnvironment,
    say: @escaping @Sendable (String) -> Void,
    tell: @escaping @Sendable (SupervisionEvent) -> Void
  ) {
    self.site = site
    state = Mutex(State())
    place = JobPlace(name: SignToken().publicDigits, temporaryFiles: settings.temporaryFiles)
    Task { [self] in
      do {
        try await run(settings, signs: signs, say: say, tell: tell)
      } catch let error as JobSiteError {
        for line in error.lines.dropLast() { say(line) }
        tell(.startFailed(message: error.lines.last ?? "the job cannot be started", code: error.code))
      } catch {
        tell(.startFailed(message: "the job cannot be started: \(error)", code: exitUnavailable))
      }
    }
  }

  /// To mpirun; nothing where there is none.
  func signal(_ signal: JobSignal) {
    if signal == .kill { state.withLock { $0.isKilled = true } }
    giveUpReader()
    guard let process = state.withLock({ $0.process }) else { return }
    switch signal {
    case .stop: kill(process, SIGUSR1)
    case .terminate: kill(process, SIGTERM)
    case .kill: kill(-process, SIGKILL)
    }
  }

  /// Rank 0 has said that all is done: whatever mpirun ends with, nothing was lost.
  func note(_ event: SupervisionEvent) {
    if case .ended(.done, _) = event { state.withLock { $0.isDone = true } }
    guard event == .stopAsked else { return }
    state.withLock { $0.asked += 1 }
    giveUpReader()
  }

  /// Who asks twice is not to wait for a reader that does not read: not longer than for mpirun, and at a third time not at all.
  private func giveUpReader() {
    let pumps = state.withLock { $0.asked >= 3 || $0.asked == 2 && $0.isKilled ? $0.pumps : [] }
    pumps.forEach { $0.giveUpWaiting() }
  }

  /// Whether its words wait for whoever is to read them.
  var waitsForReader: Bool { state.withLock { $0.pumps }.contains { $0.waitsForReader } }

  /// Why what it printed is incomplete, though somebody reads it.
  var outputFailure: CInt? { state.withLock { $0.outputFailure } }

  /// Removes processes and files that are left of it.
  func cleanUp() async {
    JobProcesses(name: place.name).kill()
    state.withLock { $0.folders }?.remove()
    await site.cleanUp(place)
  }

  private func run(
    _ settings: JobRunner.Settings, signs: SignEnvironment, say: @escaping @Sendable (String) -> Void,
    tell: @escaping @Sendable (SupervisionEvent) -> Void
  ) async throws {
    let folders = try JobFolders(making: place)
    state.withLock { $0.folders = folders }
    let job = try await site.prepare(place)
    if settings.saysNotes { job.notes.forEach(say) }
    if !job.leftOut.isEmpty { tell(.hostsLeftOut(job.leftOut, all: job.allHosts)) }

    guard
      let output = OutputPump(
        to: STDOUT_FILENO, dropsBoxes: false,
        lost: { loss in
          switch loss {
          case .reader: tell(.readerLeft)
          case .bytes(let reason): self.state.withLock { $0.outputFailure = reason }
          }
        }),
      let errors = OutputPump(
        to: STDERR_FILENO, dropsBoxes: true,
        lost: { loss in
          // Without words of how far it is a job can do what it is for.
          if loss == .reader { tell(.readerLeft) }
        })
    else { throw JobSiteError("no descriptor or thread is left for the job's output", code: exitUnavailable) }
    state.withLock { $0.pumps = [output, errors] }
    let variables = signs.variables + [(JobProcesses.variable, place.name)]
    var line = job.line
    line.handedOn += variables.map(\.0)
    // It chooses a bundle's program, on all hosts the same.
    if getenv("DDP_TRAIN_CPU") != nil { line.handedOn.append("DDP_TRAIN_CPU") }
    var environment = settings.environment
    for (name, value) in variables { environment[name] = value }
    var options = PlatformOptions()
    // A Ctrl-C must reach mpirun once, from here.
    options.processGroupID = 0
    // Should this process be killed, mpirun gets the signal that ends the job in order. Not SIGTERM: the kernel may send it once
    // for each thread that dies, and at a second one mpirun leaves its ranks alone.
    let words = ["--pdeathsig", "USR1"] + line.words(settings.program)

    let watch = Mutex<Task<Void, Never>?>(nil)
    let configuration = Configuration(
      executable: .name("setpriv"), arguments: Arguments(words),
      environment: .inherit.updating(
        Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })),
      platformOptions: options)
    let result = try await Subprocess.run(
      configuration, input: .fileDescriptor(try input(settings), closeAfterSpawningProcess: true),
      output: .fileDescriptor(FileDescriptor(rawValue: output.writeEnd), closeAfterSpawningProcess: true),
      error: .fileDescriptor(FileDescriptor(rawValue: errors.writeEnd), closeAfterSpawningProcess: true)
    ) { [self] execution in
      state.withLock { $0.process = execution.processIdentifier.value }
      tell(.started(process: execution.processIdentifier.value, ranks: job.ranks, hosts: max(1, line.hosts.count)))
      watch.withLock { [site, place] task in
        task = Task { await site.watch(job, place: place) { tell(.hostLost(name: $0, wrong: $1)) } }
      }
    }
    state.withLock { $0.process = nil }
    watch.withLock { $0 }?.cancel()
    output.finish()
    errors.finish()
    let code: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let number): 128 + number
      }
    // Open MPI 5 ends with 0 when a host is lost.
    if !state.withLock({ $0.isDone }) {
      for (host, wrong) in await site.unwell(job) { tell(.hostLost(name: host, wrong: wrong)) }
    }
    tell(.exited(code: code))
  }
}

/// For the job: nothing to read, or this process's own. A copy, which is closed once the job has it.
private func input(_ settings: JobRunner.Settings) throws -> FileDescriptor {
  settings.handsOnInput
    ? try FileDescriptor.standardInput.duplicate() : try FileDescriptor.open("/dev/null", .readOnly)
}
