import DataParallel
import GPT
import Laboratory
import Options
import Values

/// The options of `sweep`. A list is a value of the grid each.
struct SweepOptions: OptionTable {
  let config = Declared<String?>(
    "config", .file, .own, inFile: false, help: "A YAML file of these options, or the name of one in configs/sweeps/.")
  let dModel = Declared(each: Ranges.dModel, default: [16, 32, 64], help: "Widths.")
  let heads = Declared(each: Ranges.heads, default: [], otherwise: "as in training", help: "Attention heads.")
  let batch = Declared(each: Ranges.batch, default: [16, 64, 256], help: "Names in a batch.")
  let learningRate = Declared(each: Ranges.learningRate, default: [0.003, 0.006, 0.012], help: "Learning rates.")
  let steps = Declared(each: Ranges.steps, default: [], otherwise: "--budget", help: "Steps of a trial.")
  let names = Declared(
    each: Ranges.names, default: [], otherwise: "--budget",
    help: "Instead of steps: names that a trial trains on, in all its batches together.")
  let budget = Declared(
    each: "budget", TimeSpan.self, default: [TimeSpan(seconds: 1)], as: "seconds",
    help: "Instead of steps: time of a trial's steps on one core, turned into steps once by measuring a step.")
  let schedule = Declared(each: "schedule", default: [LearningRateSchedule.linear], help: "How the rate falls.")
  let warmUp = Declared(each: Ranges.warmUp, default: [0], help: "Steps over which the rate first rises.")
  let beta2 = Declared(each: Ranges.beta2, default: [0.99], help: "Adam's β₂.")
  let batchRamp = Declared(each: Ranges.batchRamp, default: [0], help: "How often the batch doubles over a trial.")
  let average = Declared(
    each: Ranges.average, default: [0.0], help: "Share of a trial's last steps whose parameters are averaged.")
  let random = Declared(
    Ranges.random, otherwise: "the whole grid", as: "k",
    help: "Try k settings at random: batch, rate and length log-uniform from the least to the greatest value.")
  let seeds = Declared(Ranges.seeds, default: 1, help: "Seeds of each setting, counted from --seed.")
  let seed = Declared(Ranges.seed, default: 1, help: "The first seed of the trials, and the seed of --random.")
  let halving = Declared(
    Ranges.halving, otherwise: "every trial in full length", as: "η",
    help: "Train all for a part of their steps, let one of η go on, and so on; see docs/loss-against-time.md.")
  let engine = EngineTable()

  let ranksPerTrial = Declared(Ranges.ranksPerTrial, default: 1, help: "Ranks that train one trial together.")
  let reproducible = Declared(
    "reproducible", help: "With --ranks-per-trial: results that do not depend on their number.")
  let trialLimit = Declared(
    "trial-limit", TimeSpan.self, otherwise: "none", as: "seconds", help: "End a trial after so much time of steps.")
  let target = Declared(
    Ranges.loss, otherwise: "none", help: "Show the trials that reach this training loss in the least time.")

  let results = Declared<String?>(
    "results", .file, help: "Write a JSON line per trial here as it ends, for --resume.")
  let resume = Declared("resume", help: "Go on with --results: trials that it has are not trained again.")
  let calibration = Declared<String?>(
    "calibration", .file, help: "Take step times for --budget from this results file of another sweep.")
  let json = Declared<String?>("json", .file, help: "Write all results here as JSON at the end; - is standard output.")
  let report = Declared<String?>(
    "report", .folder, help: "Write a page with figures into this folder; takes gnuplot.")
  let data = Declared<String?>(
    "data", .file, otherwise: "the project's data/names.txt", .own, help: "Names, one per line; - is standard input.")
  let progress = Declared.progress
  let heartbeat = Declared.heartbeat
}

/// A time as people write it: 2s, 500ms, 1.5m, or a number of seconds.
struct TimeSpan: WrittenValue, Equatable, CustomStringConvertible {
  let seconds: Double

  static let words = "a time such as 2s, 500ms or 1.5m, from 1 ms to 1,000,000 s"
  private static let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("", 1.0)]

  init(seconds: Double) { self.seconds = Ranges.seconds.shortened(seconds) }

  init?(written text: String) {
    for (unit, size) in Self.units where text.hasSuffix(unit) {
      guard let number = Double(written: String(text.dropLast(unit.count))) else { continue }
      guard Ranges.seconds.range.contains(number * size) else { return nil }
      self.init(seconds: number * size)
      return
    }
    return nil
  }

  var description: String { "\(seconds)s" }
}

extension OptionValues<SweepOptions> {
  /// What is to be tried.
  ///
  /// - Throws: `OptionError` where options contradict each other, or a trial makes no sense.
  func trials() throws -> [PlannedTrial] {
    let shapes = try self.dModel.flatMap { width in
      try self.heads.isEmpty
        ? [Shape(dModel: width, heads: nil)] : self.heads.map { try Shape(dModel: width, heads: $0) }
    }
    var grid = TrialGrid(
      shapes: shapes, batches: self.batch, learningRates: self.learningRate, lengths: try lengths())
    (grid.schedules, grid.warmUps, grid.beta2s) = (self.schedule, self.warmUp, self.beta2)
    (grid.batchRamps, grid.averages) = (self.batchRamp, self.average)
    guard self.seed <= UInt64(Int.max - self.seeds) else {
      throw OptionError("--seed \(self.seed) with --seeds \(self.seeds): seeds of trials end at \(Int.max)")
    }
    grid.seeds = (0..<UInt64(self.seeds)).map { self.seed + $0 }
    let count = self.random.map { $0 * self.seeds } ?? grid.count
    guard Self.mostTrials.contains(count) else {
      throw OptionError("this grid has \(grouped(count)) trials; the most are \(grouped(Self.mostTrials.upperBound))")
    }
    let planned = self.random.map { grid.random($0, seed: self.seed) } ?? grid.all
    guard Set(planned).count == planned.count else {
      throw OptionError("the grid has a trial twice; each value may stand in a list once")
    }
    return planned
  }

  private static var mostTrials: ClosedRange<Int> { 1...100_000 }

  private func lengths() throws -> [TrialLength] {
    let given = [self.isGiven(\.steps), self.isGiven(\.names), self.isGiven(\.budget)].filter { $0 }.count
    guard given <= 1 else {
      throw OptionError("--steps, --names and --budget: only one of them says how long a trial is")
    }
    if self.isGiven(\.steps) { return self.steps.map { .steps($0) } }
    if self.isGiven(\.names) { return self.names.map { .names($0) } }
    return self.budget.map { .seconds($0.seconds) }
  }
}
