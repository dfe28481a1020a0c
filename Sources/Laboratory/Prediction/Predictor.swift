import DataParallel
import GPT
import Schemas
import Values

/// Predicts the step of one width on any number of ranks:
///
/// step = selection(B) / ranks of a host + passes(rows of the rank with the most) + exchange(strategy, P, N) + γ · share(strategy, N) · P.
///
/// What it leaves out: noise, for which N ranks wait more often than one, cores that slow each other down, and networks
/// whose wires are shared with others.
public struct Predictor: Sendable {
  private let shape: Shape
  private let engine: EngineOptions
  private let compute: ComputePrices
  private let place: Placement
  private let names: NameTable

  public init(
    shape: Shape, engine: EngineOptions, compute: ComputePrices, place: Placement, names: NameTable
  ) {
    (self.shape, self.engine, self.compute, self.place, self.names) = (shape, engine, compute, place, names)
  }

  /// - Parameters:
  ///   - batch: B of a step in strong scaling, which grows from N = B on so that no rank is without a name; per rank in weak
  ///     scaling.
  ///   - syncEvery: of `auto` on several hosts: steps that each takes by itself between two exchanges of parameters; nil for
  ///     gradients in every step.
  func predict(
    _ strategy: SynchronisationStrategy, prices: Prices, batch: Int, mode: ScalingMode, ranks: Int,
    syncEvery: Int? = nil
  ) -> Prediction {
    let parameters = shape.parameterCount
    let global = mode == .weak ? batch * ranks : max(batch, ranks)
    let hosts = (ranks + place.ranksPerHost - 1) / place.ranksPerHost
    let groups = syncEvery != nil && strategy == .auto ? hosts : 1
    let every = groups > 1 ? syncEvery : nil
    let rows = ShardRows(shape: shape, batch: global, ranks: ranks, engine: engine, names: names)
    // A host's part of the batch is drawn and cut by itself.
    let own =
      groups == 1
      ? rows
      : ShardRows(
        shape: shape, batch: max(global / groups, place.ranksPerHost), ranks: place.ranksPerHost, engine: engine,
        names: names)
    let terms = CostTerms(
      strategy, parameters: parameters, ranks: ranks, place: place, network: prices.network, host: prices.host,
      syncEvery: every)
    let communication = prices.time(of: terms)
    let update = compute.updatePerParameter * Double(parameters) * terms.updateShare
    // The ranks of a host draw batches for each other.
    let selection = compute.selectionTime(batch: global / groups) / Double(min(ranks, place.ranksPerHost))
    let step = selection + compute.passTime(rows: own.largest) + communication + update
    let single = compute.singleCore(batch: global, rows: rows, parameters: parameters)
    return Prediction {
      ($0.c, $0.batch, $0.globalBatch, $0.mode) = (shape.dModel, batch, global, mode)
      ($0.strategy, $0.ranks, $0.syncEvery) = (strategy.rawValue, ranks, every)
      ($0.usPerStep, $0.communicationUs, $0.singleCoreUsPerStep) = (step, communication, single)
      $0.efficiency = single / (Double(ranks) * step)
    }
  }

  /// A prediction for each number of ranks.
  public func predict(
    _ strategy: SynchronisationStrategy, prices: Prices, batch: Int, mode: ScalingMode, ranks: [Int],
    syncEvery: Int? = nil
  ) -> [Prediction] {
    ranks.map {
      predict(strategy, prices: prices, batch: batch, mode: mode, ranks: $0, syncEvery: syncEvery)
    }
  }
}

extension [Prediction] {
  /// What is taken for granted where a batch has more names than there are; nil where none has.
  ///
  /// - Parameter names: of the data.
  public func assumptionOfMoreNames(than names: Int) -> String? {
    guard let first = filter({ $0.globalBatch > names }).map(\.ranks).min() else { return nil }
    return "the data has \(grouped(names)) names, so no run has a larger batch: from \(plural(first, "rank")) on it is "
      + "as if there were more names like these"
  }

  /// The fewest ranks whose step is faster than one core's with the same batch; nil where none is.
  public var breakEven: Int? {
    filter { $0.ranks > 1 && $0.usPerStep < $0.singleCoreUsPerStep }.map(\.ranks).min()
  }

  /// The fastest step of those with the same batch as one rank's.
  public var best: Prediction? {
    let batch = first?.globalBatch
    return filter { $0.globalBatch == batch }.min { $0.usPerStep < $1.usPerStep }
  }
}
