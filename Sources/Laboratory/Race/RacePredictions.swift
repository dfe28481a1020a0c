import DataParallel
import GPT
import Schemas
import Values

/// Step times on ranks that this job does not have, by `predict`'s prices.
struct RacePredictions {
  private let predictor: Predictor
  private let prices: Prices
  let assumptions: [String]

  /// Widths whose exchanges are measured: one gradient size does not tell latency from bandwidth.
  private static let exchangedWidths = [16, 32, 64, 128]
  private static let seconds = 0.1

  /// Measures one core, and the exchanges of two ranks where there are two. Collective over the team.
  init(_ shape: Shape, team: RaceTeam, ranksPerHost: Int) throws {
    let (world, data) = (team.world, team.data)
    var compute = ComputePrices()
    try world.rest { isStopped in
      guard world.rank == 0 else { return }
      compute = try .measure(
        shape: shape, batch: 256, engine: data.engine, names: data.training, seconds: 10 * Self.seconds,
        isStopped: isStopped, progress: { _ in })
    }
    var exchanges: [ExchangeMeasurement] = []
    if world.size > 1 {
      let pair = try team.first(2)
      try world.rest(workers: 2) { isStopped in
        for width in Self.exchangedWidths {
          exchanges.append(
            try ExchangeBenchmark.measure(
              .auto, shape: Shape(dModel: width, heads: Shape.defaultHeads(dModel: width)), engine: data.engine,
              names: data.training, seconds: Self.seconds, group: pair, isStopped: isStopped, progress: { _ in }))
        }
      }
    }
    try StopSignal.check(over: world)
    let place = Placement(ranksPerHost: ranksPerHost)
    predictor = Predictor(
      shape: shape, engine: data.engine, compute: compute, place: place, names: data.training)
    let here = Placement(ranksPerHost: world.size)
    prices =
      exchanges.isEmpty
      ? .assumed : Prices(fitting: exchanges, place: here, updatePerParameter: compute.updatePerParameter)
    assumptions =
      Prices.assumptions(place: place, nodes: 1, measured: !exchanges.isEmpty)
      + (exchanges.isEmpty ? [] : ["between hosts: a network of 2 µs and 100 Gbit/s, assumed"])
  }

  /// A predicted step.
  struct Step {
    var microseconds: Double
    /// The share of it that is not computation.
    var communication: Double
    /// The share of the ranks' time that is not one core's work.
    var ceremony: Double
  }

  /// On rank 0 alone.
  ///
  /// - Parameter batch: B; on more ranks than names some have none, which `predict` does not describe: nil.
  func step(batch: Int, ranks: Int) -> Step? {
    guard ranks <= batch else { return nil }
    let predicted = predictor.predict(.auto, prices: prices, batch: batch, mode: .strong, ranks: ranks)
    return Step(
      microseconds: predicted.usPerStep, communication: predicted.communicationUs / predicted.usPerStep,
      ceremony: 1 - predicted.efficiency)
  }
}
