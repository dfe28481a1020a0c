import Foundation
import Schemas

extension Reader {
  /// The results of `sweep` and of `race`, as `report` reads them.
  static func sweep() throws -> Reader {
    Reader(
      name: "sweep", seeds: [[UInt8](try SchemaJSON.encode(results)), [UInt8](try SchemaJSON.encode(race))],
      words: words + reportWords, longest: 1 << 17, make: changed,
      readBytes: { try examine(PageFile(json: Data($0))) },
      readFile: { try examine(PageFile(json: try Data(contentsOf: URL(fileURLWithPath: $0)))) },
      kind: reportKind)
  }

  /// The lines of `sweep --results`, as `--resume` and `--calibration` read them.
  static func sweepLines() throws -> Reader {
    let records: [any FileRecord] =
      [SweepHeader { $0.machine = results.machine }] + results.calibration + results.trials
    let lines = try records.map { try JSONTree($0).line + "\n" }.joined()
    return Reader(
      name: "sweep-lines", seeds: [Array(lines.utf8)], words: words + reportWords, longest: 1 << 17,
      make: otherValues,
      readBytes: { try examine(SweepRecords($0, source: "fuzz") { _ in }, length: $0.count) },
      readFile: { path in
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        try examine(SweepRecords(bytes, source: "fuzz") { _ in }, length: bytes.count)
      },
      kind: reportKind)
  }

  private static let words =
    ["\n", "\"sweep\"", "\"trial\"", "\"calibration\"", "\"diverged\"", "\"kind\": ", "\"type\": "].map {
      Array($0.utf8)
    }

  /// A small sweep with a trial of every kind.
  private static let results = SweepFile {
    $0.machine.cpu = "a CPU"
    ($0.ranks, $0.ranksPerTrial, $0.wallSeconds, $0.utilisation, $0.trained) = (2, 1, 1.5, 0.97, 3)
    $0.handOutMs = HandOutWait { ($0.median, $0.longest) = (0.05, 1.25) }
    $0.target = 2
    $0.calibration = [CalibrationRecord { ($0.c, $0.heads, $0.batch, $0.usPerStep) = (16, 4, 8, 21.5) }]
    $0.trials = [
      trial {
        ($0.trainingLoss, $0.heldOutLoss, $0.seconds, $0.ranks) = (2.25, 2.375, 0.5, 1)
        ($0.parametersHash, $0.curve) = ("0123456789abcdef", [3.25, 2.5])
      },
      trial { ($0.outcome, $0.reason, $0.learningRate, $0.ranks) = ("diverged", "at step 7", 1e300, 1) },
      trial { ($0.outcome, $0.reason, $0.rung) = ("no_memory", "it needs 9 GB", 0) },
    ]
  }

  /// A small race with a result of every kind.
  private static let race = RaceFile {
    ($0.ranks, $0.target, $0.wallSeconds, $0.knobsC, $0.budgetSeconds) = (2, 2, 90, 16, 1)
    ($0.definitions, $0.assumptions, $0.notMeasured) = (["seconds: of steps"], ["64 ranks a node"], ["nothing"])
    $0.reference = result { $0.secondsToTarget = 1.5 }
    $0.race = [result { ($0.use, $0.ratio, $0.ratioLow, $0.ratioHigh) = ("several at once", 0.5, 0.25, 0.75) }]
    $0.timeToTarget = [
      RaceTime { ($0.ranks, $0.seconds, $0.batch, $0.steps, $0.communicationShare) = (4, 0.25, 8, 10, 0.5) }
    ]
    $0.stepsToTarget = [BatchSteps { ($0.batch, $0.learningRate, $0.steps) = (8, 0.01, 10) }]
    $0.hyperbola = Hyperbola { ($0.sMin, $0.bNoise) = (5, 8) }
    $0.stepTimes = [BatchTime { ($0.batch, $0.ranks, $0.usPerStep, $0.measured) = (8, 2, 21.5, true) }]
    $0.budget = [
      BudgetResult {
        ($0.c, $0.heads, $0.batch, $0.ranks, $0.steps) = (16, 4, 8, 1, 10)
        ($0.learningRate, $0.trainingLoss) = (0.01, 2.25)
      }
    ]
  }

  private static func result(_ set: (inout RaceResult) -> Void) -> RaceResult {
    RaceResult {
      ($0.c, $0.heads, $0.batch, $0.steps, $0.ranks) = (16, 4, 8, 10, 2)
      ($0.learningRate, $0.beta2, $0.curve) = (0.01, 0.99, [3.25, 2.5])
      $0.seeds = [SeedResult { ($0.seed, $0.reached, $0.seconds, $0.trainingLoss) = (101, true, 0.5, 1.75) }]
      set(&$0)
    }
  }

  private static func trial(_ set: (inout TrialRecord) -> Void) -> TrialRecord {
    TrialRecord {
      ($0.c, $0.heads, $0.batch, $0.steps, $0.seed) = (16, 4, 8, 100, 1)
      ($0.learningRate, $0.beta2) = (0.01, 0.99)
      set(&$0)
    }
  }

  /// Other values for some of the keys, wherever they stand in a line.
  private static func otherValues(_ json: [UInt8], _ random: inout Random) -> [UInt8] {
    var changed = json
    for _ in 0..<random.size(upTo: 8) {
      let colons = changed.indices.filter { changed[$0] == UInt8(ascii: ":") }
      guard !colons.isEmpty else { break }
      let start = random.pick(colons) + 1
      let end =
        changed[start...].firstIndex { [UInt8(ascii: ","), UInt8(ascii: "}")].contains($0) } ?? changed.endIndex
      let value =
        random.once(in: 16)
        ? Array(String(repeating: random.pick(["9", "[", "{\"a\":", "x"]), count: random.size(upTo: 4096)).utf8)
        : random.pick(reportWords + words)
      changed.replaceSubrange(start..<end, with: value)
    }
    return changed
  }

  private static func examine(_ file: PageFile) throws {
    switch file {
    case .scaling(let report): try examine(report)
    case .sweep(let file):
      try require(!file.trials.isEmpty, "no trials")
      try require(0...(1 << 24) ~= file.ranks && 0...(1 << 50) ~= file.trained, "\(file.ranks) ranks")
      for value in [file.wallSeconds, file.utilisation, file.handOutMs?.median ?? 0, file.handOutMs?.longest ?? 0] {
        try require(!(value < 0) && (value <= 1e15 || !value.isFinite), "a time of \(value)")
      }
      try require(file.target.map { 0.001...100 ~= $0 } ?? true, "a target of \(file.target ?? 0)")
      for trial in file.trials { try examine(trial) }
      for record in file.calibration { try examine(record) }
      _ = try SchemaJSON.encode(file)
    case .race(let file):
      try require(1...(1 << 24) ~= file.ranks && 0.001...100 ~= file.target, "\(file.ranks) ranks to \(file.target)")
      for result in file.race {
        try require(16...1024 ~= result.c && 1...(1 << 20) ~= result.batch, "C \(result.c), batch \(result.batch)")
        try require(result.curve.count <= 1000 && result.seeds.count <= 1000, "\(result.curve.count) parts of a curve")
        for loss in result.curve { try require(!(loss < 0), "a loss of \(loss)") }
      }
      _ = try SchemaJSON.encode(file)
    }
  }

  private static func examine(_ records: SweepRecords, length: Int) throws {
    try require(records.wholeBytes <= length, "\(records.wholeBytes) bytes of \(length)")
    try require(records.header != nil || records.trials.isEmpty && records.calibration.isEmpty, "no header")
    for trial in records.trials { try examine(trial) }
    for record in records.calibration { try examine(record) }
  }

  private static func examine(_ trial: TrialRecord) throws {
    for value in [trial.c, trial.heads, trial.batch, trial.steps] {
      try require(1...(1 << 50) ~= value, "a trial's number of \(value)")
    }
    for value in [trial.warmUp, trial.batchRamp, trial.ranks, trial.rung ?? 0, trial.seed] {
      try require(value >= 0, "a trial's number of \(value)")
    }
    try require(trial.learningRate > 0 && trial.learningRate.isFinite, "a rate of \(trial.learningRate)")
    try require(0.5..<1 ~= trial.beta2 && 0..<1 ~= trial.average, "β₂ of \(trial.beta2), average of \(trial.average)")
    for value in [trial.trainingLoss ?? 0, trial.heldOutLoss ?? 0, trial.seconds] + trial.curve {
      try require(!(value < 0) && (value <= 1e15 || !value.isFinite), "a trial's loss or time of \(value)")
    }
    try require(trial.outcome.utf8.count < 16, "an outcome that is not known")
  }

  private static func examine(_ record: CalibrationRecord) throws {
    for value in [record.c, record.heads, record.batch] {
      try require(1...(1 << 24) ~= value, "a calibration's number of \(value)")
    }
    try require(!(record.usPerStep < 0), "a step of \(record.usPerStep) µs")
  }
}
