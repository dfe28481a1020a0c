import ArgumentParser
import Launch
import Values

struct Run: JobStarting {
  static let configuration = CommandConfiguration(
    abstract: "Run a job once, and say how it ended.",
    usage: "ddp-launch run [<options>] [--] [<ddp-train options>]",
    discussion: """
      The ranks say where they are on a channel of their own, and rank 0 says when it has finished: an exit code of 0 alone \
      proves nothing. Ctrl-C and signals end the job in order, with a checkpoint, the second one within 3 s, a third one at once.
      """)

  @OptionGroup var job: JobOptions

  @Flag(help: "Hand standard input on to rank 0.")
  var stdin = false

  @Flag(help: "Do not say where the ranks are.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "How the user called what called this, for the line that says how to go on.", visibility: .private))
  var startedBy: String?

  @Argument(
    parsing: .captureForPassthrough, help: ArgumentHelp("Options of ddp-train.", valueName: "ddp-train options"))
  var words: [String] = []

  func run() async throws {
    try await runJob(
      job, words: programWords(words), limits: SupervisionLimits(attempts: 0, stall: .infinity), handsOnInput: stdin,
      saysNotes: !quiet, startedBy: startedBy)
  }
}

struct Cluster: JobStarting {
  static let configuration = CommandConfiguration(
    abstract: "Run a job over several hosts, by ssh.",
    usage: "ddp-launch cluster --hosts a:64,b:64 [<options>] [--] [<ddp-train options>]",
    discussion: """
      Before the job each host must answer over ssh without a password, and have the same program and the same version of Open \
      MPI at the same paths. A host that is lost ends the job within about ten seconds, and its ranks end there too, if it is \
      only the connection that was lost.

      Exit codes: the job's own; 64 usage; 69 a host does not pass the checks.
      """)

  @OptionGroup var job: JobOptions

  @Option(
    help: ArgumentHelp("Ports that ranks may connect to for their signs of life (default: any).", valueName: "a-b"))
  var port: PortRange?

  @Flag(help: "Check the hosts and print mpirun's line, but start nothing.")
  var dryRun = false

  @Argument(
    parsing: .captureForPassthrough, help: ArgumentHelp("Options of ddp-train.", valueName: "ddp-train options"))
  var words: [String] = []

  func run() async throws {
    guard job.hosts != nil || job.hostfile != nil else {
      throw ValidationError("which hosts? --hosts a:64,b:64, or --hostfile FILE")
    }
    guard dryRun else {
      try await runJob(
        job, words: programWords(words), limits: SupervisionLimits(attempts: 0, stall: .infinity), ports: port?.range)
    }
    try await printLine(job, words: programWords(words))
  }
}

struct Supervise: JobStarting {
  static let configuration = CommandConfiguration(
    abstract: "Run a job that is started again from its last checkpoint when it fails.",
    usage: "ddp-launch supervise [<options>] [--] [<ddp-train options>]",
    discussion: """
      Among the ddp-train options (or in their --config file) must be --checkpoint-dir FOLDER; or they are those of a sweep, \
      with --results FILE: sweep --config seed --results seed.jsonl. Where a sweep is started again, its trials that have \
      ended are not trained again, and its steps are those of all of them together.

      A job is started again when a rank, mpirun or a host is lost, and when nothing moves any more; not when it was asked to \
      stop (SIGTERM, SIGINT or SIGUSR1 to a rank, or to this program, which passes it on), nor where another start could not \
      help. Processes, shared memory and temporary files that are left of the job, and only of it, are removed.

      Exit codes: 0 finished; 130 stopped, with a checkpoint; 64 usage; otherwise the last attempt's.
      """)

  @OptionGroup var job: JobOptions

  @Option(
    help: ArgumentHelp("Give up after so many failures in a row that began at the same step.", valueName: "r"))
  var attempts = 3

  @Option(
    help: ArgumentHelp(
      """
      End a job that has come no further for so long, and name the ranks that hang; longer than the longest step, and than \
      the evaluation.
      """, valueName: "seconds"))
  var stall = 60

  @Option(
    help: ArgumentHelp("Ports that ranks may connect to for their signs of life (default: any).", valueName: "a-b"))
  var port: PortRange?

  @Argument(
    parsing: .captureForPassthrough, help: ArgumentHelp("Options of ddp-train.", valueName: "ddp-train options"))
  var words: [String] = []

  func validate() throws {
    for (name, value) in [("--attempts", attempts), ("--stall", stall)] where !(1...1_000_000 ~= value) {
      throw ValidationError("\(name) \(value): a whole number from 1 to 1000000, please")
    }
  }

  func run() async throws {
    try await runJob(
      job, words: programWords(words) + ["--resume"],
      limits: SupervisionLimits(attempts: attempts, stall: Double(stall)), saysNotes: false, ports: port?.range)
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
