import Checkpoints
import DataParallel
import GPT
import Options
import Values

/// The options of every command that trains, each declared once: here. Each may stand in a configuration file under its
/// own name; a flag wins over the file, the file over the default.
struct TrainingOptions: OptionTable {
  let config = Declared<String?>(
    "config", .file, .own, inFile: false, help: "A YAML file of options, or the name of one in configs/ (d64).")
  let dModel = Declared(Ranges.dModel, default: 64, .run, help: "The model's width C: a multiple of 16.")
  let heads = Declared(
    Ranges.heads, otherwise: "4, and 8 at width 128", .run, help: "Attention heads: a divisor of the width.")
  let batch = Declared(
    Ranges.batch, default: 16, .run, help: "Names in the global batch of a step, over all ranks together.")
  let batchRamp = Declared(
    Ranges.batchRamp, default: 0, .run, as: "k",
    help: "How often the batch doubles over the run, in k + 1 equal parts; it ends at --batch.")
  let steps = Declared(Ranges.steps, default: 5000, .run, help: "Training steps.")
  let learningRate = Declared(
    Ranges.learningRate, default: 0.003, .run, help: "The largest learning rate of the run; see --schedule.")
  let schedule = Declared(
    "schedule", default: LearningRateSchedule.linear, .run,
    help: "How the rate falls to 0: linear, cosine, constant (it stays), wsd (over the last fifth).")
  let warmUp = Declared(
    Ranges.warmUp, default: 0, .run, as: "k", help: "Steps in which the rate first rises in a straight line.")
  let beta2 = Declared(
    Ranges.beta2, default: 0.99, .run, help: "Adam's β₂: how long the mean of squared gradients remembers.")
  let average = Declared(
    Ranges.average, default: 0.0, .run, as: "share",
    help: "The share of the last steps whose parameters' mean is what --eval judges, and what generates names.")
  let seed = Declared(
    Ranges.seed, default: 1, .run, help: "Seed of the initial parameters, the batches and the generated names.")
  let data = Declared<String?>(
    "data", .file, otherwise: "the project's data/names.txt", .own, help: "Names, one per line; - is standard input.")
  let initFrom = Declared<String?>(
    "init-from", .file,
    help:
      "Begin with the parameters of a checkpoint, of a folder's newest, or of a safetensors file, and not with those that the seed draws."
  )
  let skipInvalid = Declared(
    "skip-invalid", help: "Skip lines with characters outside a–z instead of refusing the file.")
  let eval = Declared("eval", .run, help: "Keep a fixed tenth of the names out of training and report their loss.")
  let evalEvery = Declared(
    Ranges.evalEvery, otherwise: "the end alone", as: "k",
    help: "With --eval: report the held-out loss every k-th step as well.")
  let noiseScaleEvery = Declared(
    Ranges.noiseScaleEvery, default: 0, as: "k",
    help:
      "Measure the gradient noise scale after every k-th step and the last one: what a larger batch is good for; 0 for never."
  )
  let engine = EngineTable()

  let sync = Declared(
    "sync", default: SynchronisationStrategy.auto, as: "strategy",
    help: "How gradients of the ranks become one update; see docs/synchronisation.md.")
  let domains = Declared(
    Ranges.domains, otherwise: "those of the machine's memory", as: "k",
    help: "With --sync shared: in how many domains the ranks of a host each have a replica.")
  let bucketKiB = Declared(Ranges.bucketKiB, default: 64, help: "KiB of gradient that --sync overlap sends at a time.")
  let syncTournament = Declared("sync-tournament", help: "Time every strategy before the run, and take the fastest.")
  let syncEvery = Declared(
    Ranges.syncEvery, default: 0, .run, as: "k",
    help: "Let groups of ranks take k steps by themselves between two exchanges of parameters; see docs/how-far.md.")
  let groups = Declared(
    "groups", default: RankGrouping.host, .run, as: "groups",
    help: "With --sync-every: which ranks are a group: those of a host, each rank, or so many groups of neighbours.")
  let outer = Declared(
    "outer", default: OuterKind.average, .run,
    help: "With --sync-every: take the mean of the groups' parameters, or a step towards it with momentum (DiLoCo).")
  let outerRate = Declared(
    Ranges.outerRate, default: OuterUpdate.usualRate, .run, help: "With --outer nesterov: the rate of that step.")
  let outerMomentum = Declared(
    Ranges.outerMomentum, default: OuterUpdate.usualMomentum, .run, help: "With --outer nesterov: its momentum.")
  let syncOverlap = Declared(
    "sync-overlap", .run, help: "With --sync-every: let an exchange run while the next k steps are taken.")
  let reproducible = Declared(
    "reproducible", .bits, help: "Compute the same parameters, bit for bit, on any number of ranks and on any CPU.")
  let microShards = Declared(
    Ranges.microShards, default: Settings.usualMicroShards, .bits, as: "k",
    help: "With --reproducible: cut a batch into at most so many parts, a power of two; so many ranks can compute.")
  let checkReplicas = Declared(
    Ranges.checkReplicas, default: 100, as: "k",
    help: "Compare the ranks' parameters every k-th step, and stop where they differ; 0 for never.")
  let injectBitFlip = Declared(
    "inject-bit-flip", BitFlip.self, otherwise: nil, as: "rank,step", inFile: false,
    help: "Flip a bit of a rank's parameters after a step, to see --check-replicas find it.")

  let checkpointDir = Declared<String?>(
    "checkpoint-dir", .folder,
    help: "Keep checkpoints of the run in this folder, and always one of its end; see docs/checkpoints.md.")
  let checkpointEvery = Declared(
    "checkpoint-every", CheckpointInterval.self, otherwise: "60s", .own, as: "k",
    help: "How often: 500 for every 500 steps, 30s for every 30 seconds (0.001s at least).")
  let checkpointKeep = Declared(
    Ranges.checkpointKeep, default: 3, .own, as: "k", help: "Checkpoints that are kept, the newest ones.")
  let keepEvery = Declared(
    Ranges.keepEvery, default: 0, .run, as: "k",
    help:
      "With --reproducible: keep the checkpoint of every k-th step for good, linked to the one before; see docs/verify.md."
  )
  let hashEvery = Declared(
    Ranges.hashEvery, default: 500, as: "k",
    help: "With --keep-every and --metrics: also write every k-th step's link to the metrics; 0 for none.")
  let resume = Declared(
    "resume",
    help:
      "Go on from the newest whole checkpoint in --checkpoint-dir, on any number of ranks, with the run's own options; more --steps extend it."
  )

  let generate = Declared(Ranges.generate, default: 10, help: "Names to generate at the end.")
  let temperature = Declared(
    Ranges.temperature, default: 0.6, help: "How adventurous generated names are: 1 is what was learnt, less is safer.")

  let novel = Declared("novel", help: "Leave out generated names that are in the data, and draw others for them.")

  let metrics = Declared<String?>("metrics", .file, help: "Write JSON lines about the run here; - is standard output.")
  let trace = Declared<String?>(
    "trace", .file, help: "Write what each rank did in some steps here, for Perfetto; see docs/trace.md.")
  let traceSteps = Declared(
    "trace-steps", TraceSteps.self, otherwise: "50 after the first 100, the last ones of a short run",
    as: "first:count", help: "The steps of --trace.")
  let logEvery = Declared(
    Ranges.logEvery, otherwise: "1 in the metrics file, a tenth of the run for lines", as: "k",
    help: "Report every k-th step, in the metrics file and as a line.")
  let watts = Declared.watts
  let progress = Declared.progress
  let heartbeat = Declared.heartbeat
  let quiet = Declared("quiet", help: "Print the generated names and errors only.")
}

/// Whether to draw a live progress line.
enum ProgressMode: String, CaseIterable {
  case auto, always, never
}

extension Declared<ProgressMode> {
  /// Of every command that may take long.
  static var progress: Self {
    Declared(
      "progress", default: .auto,
      help: "Show progress: auto (a live line on a terminal, lines elsewhere), always (a live line), never.")
  }
}

extension BitFlip: WrittenValue, CustomStringConvertible {
  public var description: String { "\(rank),\(step)" }
  public static var words: String { "RANK,STEP, a rank from 0 and a step from 1" }

  public init?(written text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int(written: String($0)) }
    guard parts.count == 2, let rank = parts[0], let step = parts[1], rank >= 0, Ranges.steps.range.contains(step)
    else { return nil }
    self.init(rank: rank, step: step)
  }
}

extension CheckpointInterval: WrittenValue {}

extension Declared<Double?> {
  /// Of the commands that say what names cost.
  static var watts: Self {
    Declared(
      Ranges.watts, otherwise: "none is assumed", .own, as: "watts",
      help: "Where no counter of energy can be read: assume that a busy core takes so many watts, and say so.")
  }
}

extension Declared where Value == Int? {
  /// Of the commands that `ddp-launch supervise` watches.
  static var heartbeat: Self {
    Declared(
      Ranges.heartbeat, otherwise: "not", .own, as: "k",
      help: "Say on standard error every k seconds where each rank is.")
  }
}
