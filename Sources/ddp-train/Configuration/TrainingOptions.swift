import ArgumentParser
import Checkpoints
import DataParallel
import GPT
import Values

/// The options of every command that trains. Each may stand in a configuration file under its own name; a flag
/// wins over the file, the file over the default.
struct TrainingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A YAML file of options, or the name of one in configs/ (d64).", valueName: "file"))
  var config: String?

  @Option(help: "The model's width C: a multiple of 16, \(Ranges.dModel.span). (default: 64)")
  var dModel: Given?

  @Option(help: "Attention heads: a divisor of the width. (default: 4; 8 at width 128)")
  var heads: Given?

  @Option(help: "Names in the global batch of a step, over all ranks together: \(Ranges.batch.span). (default: 16)")
  var batch: Given?

  @Option(help: "Training steps: \(Ranges.steps.span). (default: 5000)")
  var steps: Given?

  @Option(help: "Learning rate of the first step; it falls linearly to 0. (default: 0.003)")
  var learningRate: Given?

  @Option(help: "Seed of the initial parameters, the batches and the generated names. (default: 1)")
  var seed: Given?

  @Option(help: ArgumentHelp("Names, one a line. (default: the project's data/names.txt)", valueName: "file"))
  var data: String?

  @Flag(inversion: .prefixedNo, help: "Skip lines with characters outside a–z instead of refusing the file.")
  var skipInvalid: Bool?

  @Flag(inversion: .prefixedNo, help: "Keep a fixed tenth of the names out of training and report their loss.")
  var eval: Bool?

  @OptionGroup var engine: EngineFlags

  @Option(
    help: ArgumentHelp(
      """
      How gradients of the ranks become one update: \(SynchronisationStrategy.allCases.map(\.rawValue)
        .joined(separator: ", ")); see docs/synchronisation.md. (default: auto)
      """, valueName: "strategy"))
  var sync: SynchronisationStrategy?

  @Option(help: "KiB of gradient that --sync overlap sends at a time: \(Ranges.bucketKiB.span). (default: 64)")
  var bucketKib: Given?

  @Flag(inversion: .prefixedNo, help: "Time every strategy before the run, and take the fastest.")
  var syncTournament: Bool?

  @Flag(inversion: .prefixedNo, help: "Compute the same parameters, to the bit, on any number of ranks.")
  var reproducible: Bool?

  @Option(
    help: ArgumentHelp(
      "Compare the ranks' parameters every k-th step, and stop where they differ; 0 for never. (default: 100)",
      valueName: "k"))
  var checkReplicas: Given?

  @Option(
    help: ArgumentHelp(
      "Turn a bit of a rank's parameters over after a step, to see --check-replicas find it.",
      valueName: "rank,step"))
  var injectBitFlip: Given?

  @Option(
    help: ArgumentHelp(
      "Keep checkpoints of the run in this folder, and always one of its end; see docs/checkpoints.md.",
      valueName: "folder"))
  var checkpointDir: String?

  @Option(
    help: ArgumentHelp(
      "How often: 500 for every 500 steps, 30s for every 30 seconds (0.001s at least). (default: 60s)", valueName: "k"))
  var checkpointEvery: Given?

  @Option(
    help: ArgumentHelp(
      "Checkpoints that are kept, the newest ones: \(Ranges.checkpointKeep.span). (default: 3)", valueName: "k"))
  var checkpointKeep: Given?

  @Flag(
    inversion: .prefixedNo,
    help: "Go on from the newest whole checkpoint in --checkpoint-dir, on any number of ranks.")
  var resume: Bool?

  @Option(help: "Names to generate at the end. (default: 10)")
  var generate: Given?

  @Option(
    help: """
      How adventurous generated names are: 1 is what was learnt, less is safer; \(Ranges.temperature.span). \
      (default: 0.6)
      """)
  var temperature: Given?

  @Option(help: ArgumentHelp("Write JSON lines about the run here; - is standard output.", valueName: "file"))
  var metrics: String?

  @Option(
    help: ArgumentHelp(
      "Write what each rank did in some steps here, for Perfetto; see docs/trace.md.", valueName: "file"))
  var trace: String?

  @Option(
    help: ArgumentHelp(
      "The steps of --trace. (default: 50 behind the first 100, the last ones of a short run)",
      valueName: "first:count"))
  var traceSteps: Given?

  @Option(
    help: ArgumentHelp(
      "Report every k-th step: in the metrics file (default: 1), as a line (default: a tenth of the run).",
      valueName: "k"))
  var logEvery: Given?

  @Option(
    help: """
      Show progress: auto (a live line where standard error is a terminal, lines otherwise), always (live), never. \
      (default: auto)
      """)
  var progress: ProgressMode?

  @Option(
    help: ArgumentHelp(
      """
      Say on standard error every k seconds (\(Ranges.heartbeat.span)) where each rank is; launch/supervise goes by it. \
      (default: not)
      """,
      valueName: "k"))
  var heartbeat: Given?

  @Flag(inversion: .prefixedNo, help: "Print the generated names and errors only.")
  var quiet: Bool?
}

/// Whether to draw a live progress line.
enum ProgressMode: String, CaseIterable, ExpressibleByArgument {
  case auto, always, never
}

extension SynchronisationStrategy: ExpressibleByArgument {}
