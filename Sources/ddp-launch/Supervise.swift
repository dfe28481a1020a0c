import ArgumentParser
import Glibc
import Launch
import Values

struct Supervise: JobStarting {
  static let configuration = CommandConfiguration(
    abstract: "Run a job, and start it again from its last checkpoint whenever it fails.",
    usage: """
      ddp-launch supervise [<options>] -- <ddp-train options>
      ddp-launch supervise --status <folder>
      ddp-launch supervise --stop <folder>
      """,
    discussion: """
      The options of ddp-train, or the file that their --config names, must say --checkpoint-dir FOLDER, a folder that all \
      hosts see. For a sweep they must say --results FILE instead: trials that have ended are not trained again, and its steps \
      are those of all trials together. The job begins with --resume, so the same line goes on after a power cut as well.

      A job is started again when a rank, mpirun or a host is lost, when nothing has moved for --stall seconds, and when a disk \
      is full, after pauses of up to a minute, for up to an hour. It is not started again when it was asked to stop, or where \
      that could not help: the loss is no longer a number, an option is wrong, a file may not be read or written, or the \
      folder belongs to another run. Hosts that do not answer at a start are left out of it. Processes, shared memory and \
      temporary files that are left of the job, and only of it, are removed before the next start.

      Signals are taken as by ddp-launch run. With --detach it goes on in the background, also after a logout; --status and \
      --stop find it by the folder of checkpoints, or the file of results. One job has one supervisor.

      Exit codes: see ddp-launch --help; where it gives up, the last attempt's.
      """)

  @OptionGroup var job: JobOptions

  @Option(
    help: ArgumentHelp("Give up after r failures in a row without a later step to begin at.", valueName: "r"))
  var attempts = 3

  @Option(
    help: ArgumentHelp(
      """
      End a job in which nothing has moved for so long, and name the ranks that hang. Longer than the longest step, and than \
      the evaluation.
      """, valueName: "seconds"))
  var stall = 60

  @Option(
    help: ArgumentHelp(
      "Listen for the ranks' signs of life on the first of these ports that is free (default: any).", valueName: "a-b"))
  var port: PortRange?

  @Flag(help: "Go on in the background, in a session of its own, with all that is said in --log.")
  var detach = false

  @Option(
    help: ArgumentHelp("With --detach: where words go, after what is there.", valueName: "file"), completion: .file())
  var log: String?

  @Option(
    help: ArgumentHelp(
      "Say who supervises the job that keeps its checkpoints there, and how far it is.", valueName: "folder"),
    completion: .file())
  var status: String?

  @Option(
    help: ArgumentHelp("Ask that supervisor for an end in order, and wait for it.", valueName: "folder"),
    completion: .file())
  var stop: String?

  @OptionGroup var trainer: ProgramWords

  func validate() throws {
    if detach != (log != nil) { throw ValidationError("--detach and --log FILE go together") }
    if status != nil || stop != nil {
      guard status == nil || stop == nil, !detach, trainer.words.isEmpty else {
        throw ValidationError("--status and --stop are for a job that is there: each alone, with its folder")
      }
    }
    for (name, value) in [("--attempts", attempts), ("--stall", stall)] where !(1...1_000_000 ~= value) {
      throw ValidationError("\(name) \(value): a whole number from 1 to 1000000, please")
    }
  }

  func run() async throws {
    if let status { try Unattended(subject: status).sayStatus() }
    if let stop { try Unattended(subject: stop).stop() }
    let subject = kept(in: trainer.words)
    if detach, let log { try Unattended(subject: subject).detach(log: log) }
    var job = job
    job.skipLostHosts = true
    try await runJob(
      job, words: trainer.words + ["--resume"],
      limits: SupervisionLimits(attempts: attempts, stall: Double(stall)), saysNotes: false, ports: port?.range,
      record: job.agent == nil ? try subject.flatMap { try Unattended(subject: $0).record() } : nil)
  }
}

/// Where the program is told to keep what a job can go on with: the last folder of checkpoints, or file of results.
private func kept(in words: [String]) -> String? {
  var found: String?
  for (index, word) in words.enumerated() {
    for option in ["--checkpoint-dir", "--results"] {
      if word == option, index + 1 < words.count { found = words[index + 1] }
      if word.hasPrefix(option + "=") { found = String(word.dropFirst(option.count + 1)) }
    }
  }
  return found
}
