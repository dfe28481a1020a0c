/// The results of `sweep`, as its `--json` has them.
public struct SweepFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// Tells `report` what the file is; nil in files from before there was this key.
  public var kind: String? = "sweep"
  public var machine = SweepMachine()
  /// N, and the ranks that train one trial together.
  public var ranks = 0, ranksPerTrial = 0
  /// Since MPI was there, on rank 0.
  public var wallSeconds = Double.nan
  /// The trials' own seconds of this process, times their ranks, over N · `wallSeconds`. Less than 1 by what the ranks
  /// waited, evaluated, calibrated and wrote.
  public var utilisation = Double.nan
  /// Trials that this process trained: all of them, or those that an earlier one had not recorded; all rungs count.
  public var trained = 0
  /// How long ranks waited for a trial; absent on one rank.
  public var handOutMs: HandOutWait?
  /// The loss that `seconds_to_target` is about; nil where none was asked for.
  public var target: Double?
  public var calibration: [CalibrationRecord] = []
  /// In the order of the plan; of the last rung where a trial has several.
  public var trials: [TrialRecord] = []

  public init() {}
}

/// How long a rank waited from its word that it was free to its next trial, in milliseconds.
public struct HandOutWait: FileRecord {
  public var median = Double.nan, longest = Double.nan

  public init() {}
}

/// What a search ran on, and with.
public struct SweepMachine: FileRecord {
  public var cpu = "", isa = "", engine = "", version = "", date = "", command = "", dataHash = ""

  public init() {}
}

/// The first line of a results file.
public struct SweepHeader: FileFormat {
  public var type = "sweep"
  public var formatVersion: Int? = newestFormat
  public var machine = SweepMachine()

  public init() {}
}

/// What a step takes on one core, and so how many fit a budget. A line of a results file.
public struct CalibrationRecord: FileRecord {
  public var type = "calibration"
  public var c = 0, heads = 0, batch = 0
  /// Median over the steps of a short training.
  public var usPerStep = Double.nan

  public init() {}
}

/// One trial: what was tried, and what became of it. A line of a results file.
public struct TrialRecord: FileRecord, Equatable {
  public var type = "trial"
  public var c = 0, heads = 0, batch = 0
  public var learningRate = Double.nan
  /// Of the whole schedule.
  public var steps = 0
  /// "linear", "cosine", "constant" or "wsd"
  public var schedule = "linear"
  public var warmUp = 0
  public var beta2 = Double.nan
  public var batchRamp = 0
  public var average = 0.0
  public var seed = 0
  /// Groups of ranks that took so many steps by themselves between two exchanges; nil where all ranks are one.
  public var groups: Int?, syncEvery: Int?
  /// "finished"; or "diverged", "no_memory", "out_of_time", "failed", and then without losses.
  public var outcome = "finished"
  /// Why it did not finish, for people.
  public var reason: String?
  /// Mean of the last 100 steps.
  public var trainingLoss: Double?
  /// Exact, over the fixed tenth.
  public var heldOutLoss: Double?
  /// Of all steps, batch selection included; without start-up and evaluation. 0 for a trial that never began.
  public var seconds = 0.0
  /// k: the ranks that trained it together.
  public var ranks = 0
  /// Of a sweep that halves: from 0.
  public var rung: Int?
  public var parametersHash: String?
  /// Mean training loss of each of at most 32 equal parts of the steps.
  public var curve: [Double] = []

  public init() {}
}
