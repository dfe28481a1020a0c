/// The results of `predict`.
public struct PredictionFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// Nil in older files.
  public var origin: Origin?
  public var ranksPerNode = 0
  /// One sentence for each number that was not measured.
  public var assumptions: [String] = []
  /// Of one core, by width.
  public var compute: [String: ComputePrices] = [:]
  /// By strategy.
  public var prices: [String: Prices] = [:]
  /// All that was measured, and the fit beside it.
  public var exchanges: [MeasuredExchange] = []
  public var checks: [ExchangeCheck] = []
  public var predictions: [Prediction] = []

  public init() {}
}

/// One core's time for a step's parts, as a function of names and rows; in µs.
public struct ComputePrices: FileRecord, Equatable {
  /// Choosing a batch: each rank chooses the whole one.
  public var selection = Double.nan, selectionPerName = Double.nan
  /// Forward and backward pass.
  public var passes = Double.nan, passesPerRow = Double.nan
  /// γ: Adam and what it derives, per parameter.
  public var updatePerParameter = Double.nan
  /// Of the steps' times that they are fitted to, the widest 95 % interval of a median, over the median; nil in older files.
  public var uncertainty: Double?

  public init() {}
}

/// The price of each of a strategy's cost terms.
public struct Prices: FileRecord, Equatable {
  /// α and β between hosts, and between ranks of one.
  public var network = Link(), host = Link()
  /// A stage of a host's barrier, in µs.
  public var barrier = Double.nan
  /// Reading a byte that another core wrote, in µs.
  public var perByteRead = Double.nan

  private enum CodingKeys: String, CodingKey {
    case network
    case host = "node"
    case barrier, perByteRead
  }

  public init() {}
}

/// The cost of messages between two ranks.
public struct Link: FileRecord, Equatable {
  /// α: from a send to the arrival of an empty message, in µs.
  public var latency = Double.nan
  /// β: in µs.
  public var perByte = Double.nan
  /// Messages above this are announced first: Open MPI's `eager_limit`, in bytes.
  public var eagerLimit = Double.nan
  /// The wait of a message above `eagerLimit` before its bytes leave and while they arrive, in latencies.
  public var latenciesOfLarge = Double.nan

  public init() {}
}

/// The time of a strategy's exchange on some ranks.
public struct MeasuredExchange: FileRecord {
  /// As it was requested, and what `auto` chose.
  public var strategy = "", chosen = ""
  /// N, C and P.
  public var ranks = 0, c = 0, parameters = 0
  /// From the last rank's arrival to the end of the step, without the update; and the update.
  public var exchangeUs = Double.nan, updateUs = Double.nan
  /// 95 % of the exchange's median; nil in older files.
  public var ciLow: Double?, ciHigh: Double?
  /// A pass of the barrier between the ranks of a host, beside it: the median. Nil where each is alone.
  public var barrierNs: Double?

  public init() {}
}

/// A measured exchange beside what the fit makes of it.
public struct ExchangeCheck: FileRecord {
  public var strategy = ""
  /// N and C.
  public var ranks = 0, c = 0
  public var measuredUs = Double.nan, predictedUs = Double.nan
  /// As of the exchange.
  public var barrierNs: Double?
  /// Whether the fit saw it.
  public var fitted = false

  public init() {}
}
