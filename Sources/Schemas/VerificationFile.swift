/// The results of `verify --json`: whether a run's chain is whole, and whether its bits come out again.
public struct VerificationFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// "verified" or "not verified".
  public var verdict = ""
  /// The folder.
  public var path = ""
  /// The newest link: its digest, its step, how many links the chain has up to it, and the steps of the run.
  public var head = "", step = 0, links = 0, steps = 0
  /// Of the names that the run says it had, and of those that were read.
  public var names = "", namesRead = ""
  /// Instruction sets: those that computed the kept checkpoints, and the one that trained segments again.
  public var runIsa: [String] = [], isa = ""
  /// What is wrong with files, settings and links, in the order of steps.
  public var problems: [ChainProblem] = []
  /// Stretches between two links: of the chain, and those that were replayed.
  public var segments = 0, replayed = 0
  /// In digits, of the segments that were drawn; nil where all were to be replayed.
  public var seed: String?
  /// That a run with one bad segment would have been caught: the share of them that was replayed.
  public var probability = 0.0
  /// The first segment in which bits part; nil where none is.
  public var parted: PartedBits?
  /// How many they are.
  public var partedSegments = 0
  /// Of the job, and what it took.
  public var ranks = 0, seconds = Double.nan

  public init() {}
}

/// Something in a folder that is not as its run left it.
public struct ChainProblem: FileRecord, Equatable {
  public var path = ""
  /// Of the checkpoint; nil of what is none.
  public var step: Int?
  public var what = ""

  public init() {}
}

/// A segment whose bits are not what its beginning leads to.
public struct PartedBits: FileRecord, Equatable {
  /// Steps done at its ends.
  public var fromStep = 0, toStep = 0
  /// Whose bits differ at its end; where a step is known, after that step.
  public var tensors: [String] = []
  /// The first step after which bits differ, by steps done; nil where nobody knows.
  public var step: Int?
  /// Why there is nothing to compare, or no step.
  public var note: String?

  public init() {}
}
