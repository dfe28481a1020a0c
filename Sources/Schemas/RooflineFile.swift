/// The results of `info --model`.
public struct RooflineFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// The instruction set the program was built for.
  public var isa = ""
  public var origin: Origin?
  /// The core it was measured on; nil where nothing was measured, or where it could not be bound to one.
  public var core: Int?
  /// GFLOP/s of multiply-adds: median, and inner 80 %; nil where nothing was measured.
  public var peakGflops: Double?, peakGflopsP10: Double?, peakGflopsP90: Double?
  /// The core's caches for data, the smallest first, and then memory.
  public var levels: [MemoryLevel] = []
  public var models: [ModelSize] = []

  public init() {}
}

/// A cache, or memory.
public struct MemoryLevel: FileRecord {
  /// "L1", "L2", "L3", "memory"
  public var level = ""
  /// Nil of memory.
  public var bytes: Int?
  /// CPUs that share it; nil of memory.
  public var cpus: Int?
  /// Bytes that were read over and over, and GB/s of one core: median, and inner 80 %; nil where nothing was measured.
  public var measuredBytes: Int?
  public var gbPerSecond: Double?, gbPerSecondP10: Double?, gbPerSecondP90: Double?

  public init() {}
}

/// What a step of one core comes to: one width and batch.
public struct ModelSize: FileRecord {
  /// C, H, B and P.
  public var c = 0, heads = 0, batch = 0, parameters = 0
  /// Means of the batches: predicted positions, rows really computed, and (token, position) pairs.
  public var positions = Double.nan, rows = Double.nan, pairs = Double.nan
  /// Pieces that a batch is worked on in.
  public var pieces = 0
  /// Operations of a step: 6 · parameters · 16 positions of each name; 6 · parameters · predicted positions; really done.
  public var paddedFlop = Double.nan, nominalFlop = Double.nan, doneFlop = Double.nan
  /// Parameters, and the copies of their matrices; gradient, moments; activations of a piece.
  public var parametersBytes = 0, copiesBytes = 0, gradientBytes = 0, momentsBytes = 0
  public var forwardActivationsBytes = 0, backwardActivationsBytes = 0
  public var phases: [PhaseSize] = []
  /// The sum of the phases' bounds; nil where nothing was measured.
  public var boundUs: Double?

  public init() {}
}

/// A phase of a step: forward, backward or Adam.
public struct PhaseSize: FileRecord {
  public var phase = ""
  /// Operations really done in a step.
  public var flop = Double.nan
  /// How often it runs in a step, and bytes that it touches each time.
  public var times = 0, bytes = 0
  /// The nearest level that holds them.
  public var level = ""
  /// Operations per byte touched.
  public var intensity = Double.nan
  /// min(peak, intensity · bandwidth of the level), and a step's operations over it; nil where nothing was measured.
  public var boundGflops: Double?, boundUs: Double?
  /// "arithmetic" or "bandwidth"
  public var boundBy: String?

  public init() {}
}
