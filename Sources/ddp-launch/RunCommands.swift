import ArgumentParser
import Launch
import Values

struct Run: JobStarting {
  static let configuration = CommandConfiguration(
    abstract: "Run a job once, on this machine or on several hosts.",
    usage: "ddp-launch run [<options>] [-- <ddp-train options>]",
    discussion: """
      A job has finished when its rank 0 has said so, on a channel of its own: an exit code of 0 alone proves nothing. \
      Ctrl-C, SIGTERM, SIGHUP and SIGUSR1 ask it to end in order, with a checkpoint where it keeps them; so does the end of \
      whoever reads its output. A second signal ends it within 10 s, a third one at once.

      Exit codes: see ddp-launch --help.
      """)

  @OptionGroup var job: JobOptions

  @Flag(help: "Hand standard input on to rank 0.")
  var stdin = false

  @Flag(help: "Do not say which cores the ranks are on.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "How the user called what called this, for the line that says how to go on.", visibility: .private))
  var startedBy: String?

  @OptionGroup var trainer: ProgramWords

  func run() async throws {
    try await runJob(
      job, words: trainer.words, limits: SupervisionLimits(attempts: 0, stall: .infinity), handsOnInput: stdin,
      saysNotes: !quiet, startedBy: startedBy)
  }
}

struct Cluster: JobStarting {
  static let configuration = CommandConfiguration(
    abstract: "Run a job over several hosts, by ssh.",
    usage: "ddp-launch cluster --hosts a:64,b:64 [<options>] [-- <ddp-train options>]",
    discussion: """
      First all hosts are checked: each must answer over ssh without a password, have a name of its own, and have the same \
      ddp-train, the same ddp-launch and the same version of Open MPI at the same paths. A host that is lost ends the job within \
      about ten seconds. If only the connection to it was lost, its ranks end within half a minute.

      With --carry the hosts are first brought these programs where they lack them, and the names and configurations that come \
      with them, to ~/.cache/ddp-train; the job then runs from there, on this host as well. They need the same Open MPI still, and \
      Swift's libraries, but for a program of launch/bundle.

      Ranks connect to this host for their signs of life: its firewall must let them, or the job is judged by mpirun's exit \
      code alone.

      Exit codes: see ddp-launch --help; 205 a host, or the connection to it, was lost.
      """)

  @OptionGroup var job: JobOptions

  @Option(
    help: ArgumentHelp(
      "Listen for the ranks' signs of life on the first of these ports that is free (default: any).", valueName: "a-b"))
  var port: PortRange?

  @Flag(help: "Bring ddp-train to the hosts that lack it.")
  var carry = false

  @Flag(help: "Remove all that --carry ever brought to the hosts, and start nothing.")
  var removeCarried = false

  @Flag(help: "Check the hosts, print mpirun's line, and start nothing.")
  var dryRun = false

  @OptionGroup var trainer: ProgramWords

  func run() async throws {
    guard job.namesHosts else {
      throw ValidationError("which hosts? --hosts a:64,b:64, or --hostfile FILE")
    }
    guard !(carry && removeCarried) else { throw ValidationError("--carry or --remove-carried, not both") }
    var job = job
    if carry || removeCarried {
      let carrier = try job.carrier(program: Programs.trainer(job.program))
      do {
        if removeCarried { return try await carrier.remove().forEach(say) }
        let place = try await carrier.carry()
        place.notes.forEach(say)
        (job.program, job.ddpLaunch) = (place.program, place.ddpLaunch)
      } catch let error as JobSiteError {
        throw Refusal(error)
      }
    }
    guard dryRun else {
      try await runJob(
        job, words: trainer.words, limits: SupervisionLimits(attempts: 0, stall: .infinity), ports: port?.range)
    }
    try await printLine(job, words: trainer.words)
  }
}

/// "5000-5099", or one.
struct PortRange: ExpressibleByArgument {
  let range: ClosedRange<UInt16>

  init?(argument: String) {
    let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
    guard 1...2 ~= ends.count, let first = ends[0], let last = ends[ends.count - 1], first > 0, first <= last else {
      return nil
    }
    range = first...last
  }
}
