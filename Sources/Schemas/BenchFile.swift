/// The results of `bench`, on one core.
public struct BenchFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// The instruction set the program was built for.
  public var isa = ""
  /// Nil in older files.
  public var origin: Origin?
  /// The core it ran on; nil where it could not be bound to one.
  public var core: Int?
  /// GFLOP/s of multiply-adds beside the steps: median, and inner 80 %.
  public var peakGflops = Double.nan, peakGflopsP10: Double?, peakGflopsP90: Double?
  /// Of the whole process.
  public var peakMemoryBytes = 0
  public var results: [BenchResult] = []

  public init() {}
}

/// Whole training steps of one model, batch and engine.
public struct BenchResult: FileRecord {
  /// C, H and B.
  public var c = 0, heads = 0, batch = 0
  public var engine = ""
  /// Of steps of a reproducible run, the most of a batch; nil of others.
  public var microShards: Int?
  /// Their median over that of other steps of the same model, batch and engine, in the same turns.
  public var reproducibleCost: Double?
  /// Of one step: median, and inner 80 %.
  public var usPerStep = Double.nan, usPerStepP10 = Double.nan, usPerStepP90 = Double.nan
  /// 95 % of the median; nil in older files.
  public var ciLow: Double?, ciHigh: Double?
  public var usPerSample = Double.nan
  /// 6 · parameters · predicted positions / time, whatever was shared, over the peak: median, and best decile.
  public var nominalShareOfPeak = Double.nan, nominalShareBestDecile = Double.nan
  /// Operations really done / time, over the peak.
  public var effectiveShareOfPeak = Double.nan
  public var allocationsPerStep = Double.nan
  /// Means of the batches: predicted positions, and rows really computed.
  public var positions = Double.nan, rows = Double.nan
  /// Means in µs, by the key of the phase. One core has no wait.
  public var phases: [String: Double] = [:]

  public init() {}
}

/// The results of `bench --sync`.
public struct SynchronisationFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// The instruction set the program was built for.
  public var isa = ""
  /// Nil in older files.
  public var origin: Origin?
  public var results: [SynchronisationResult] = []

  public init() {}
}

/// One strategy on the ranks of a job. Times are medians over steps, each of which counts as its slowest rank's.
public struct SynchronisationResult: FileRecord {
  /// C and B.
  public var c = 0, batch = 0
  /// How each rank computed; nil in files of 0.1.0.
  public var engine: String?
  public var strategy = ""
  /// Of `shared` where the host's memory has several domains: how many, and bytes that the first reads of the others per
  /// step; nil where there is one.
  public var domains: Int?, bytesBetweenDomains: Int?
  public var ranks = 0
  public var usPerStep = Double.nan
  /// Of its steps the inner 80 %, and 95 % of the median; nil in older files.
  public var usPerStepP10: Double?, usPerStepP90: Double?
  public var ciLow: Double?, ciHigh: Double?
  /// From the last rank's arrival to the end of the step, without the update; the wait until it arrives; the update.
  public var syncUs = Double.nan, waitUs = Double.nan, adamUs = Double.nan
  /// One core without MPI, with the same batch.
  public var singleCoreUsPerStep = Double.nan
  /// One core / (ranks · step)
  public var efficiency = Double.nan
  /// Rows of all ranks / rows of one.
  public var workInflation = Double.nan
  /// `MPI_Allreduce` of a gradient by itself.
  public var bareAllreduceUs = Double.nan
  /// A pass of the barrier between the ranks of a host, the slowest host's: the median. Nil where each is alone.
  public var barrierNs: Double?

  public init() {}
}

/// The results of `bench --generate`.
public struct GenerationFile: FileFormat {
  public var generation: [GenerationResult] = []
  /// The instruction set the program was built for.
  public var isa = ""
  /// Nil in older files.
  public var origin: Origin?
  public var formatVersion: Int? = newestFormat

  public init() {}
}

/// Names written from one model in one way. Times are those of all names, printing excepted.
public struct GenerationResult: FileRecord {
  /// C and H.
  public var c = 0, heads = 0
  public var names = 0
  /// Whether names that begin alike share the arithmetic.
  public var sharing = false
  public var ranks = 0
  public var temperature = Double.nan
  /// Medians, and of the time the inner 80 %.
  public var lettersPerSecond = Double.nan
  public var seconds = Double.nan, secondsP10 = Double.nan, secondsP90 = Double.nan
  /// 95 % of the time's median; nil in older files.
  public var ciLow: Double?, ciHigh: Double?
  /// 2 · parameters · tokens drawn / time, whatever was shared, over one core's peak: the median.
  public var nominal = Double.nan
  /// Tokens drawn, ends of names included, and the share of them whose prefix had to be computed.
  public var tokens = 0
  public var computedShare = Double.nan

  public init() {}
}
