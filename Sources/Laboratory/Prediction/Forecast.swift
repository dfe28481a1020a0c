import DataParallel
import GPT
import Schemas
import Values

/// Carries a scaling experiment on to ranks it did not have: fits to its fewest ranks, beside its measurements of the
/// others.
public struct Forecast {
  private let engine: EngineOptions
  private let place: Placement
  private let names: NameTable

  public init(engine: EngineOptions, place: Placement, names: NameTable) {
    (self.engine, self.place, self.names) = (engine, place, names)
  }

  /// Of strong scaling, for each width, batch and strategy that was measured at two widths or more: one gradient size
  /// does not tell latency from bandwidth. `overlap` and `factors`, which no formula here describes, are left
  /// out.
  ///
  /// - Parameters:
  ///   - compute: of one core, by width.
  ///   - upTo: the most ranks.
  public func predictions(
    _ results: [ScalingResult], compute: [Int: ComputePrices], upTo: Int
  ) -> [Prediction] {
    let strong = results.filter { $0.mode == .strong }
    guard let fewest = strong.map(\.ranks).filter({ $0 > 1 }).min() else { return [] }
    var predictions: [Prediction] = []
    for batch in Set(strong.map(\.batch)).sorted() {
      for strategy in SynchronisationStrategy.allCases where strategy != .overlap && strategy != .factors {
        let own = strong.filter { $0.batch == batch && $0.strategy == strategy.rawValue }
        let fitted = own.filter { $0.ranks == fewest }
        guard Set(fitted.map(\.c)).count > 1 else { continue }
        let prices = Prices(
          fitting: fitted.compactMap(ExchangeMeasurement.init), place: place,
          updatePerParameter: Sample(compute.values.map(\.updatePerParameter)).median)
        for c in Set(own.map(\.c)).sorted() {
          guard let compute = compute[c], let heads = own.first(where: { $0.c == c })?.heads,
            let shape = try? Shape(dModel: c, heads: heads)
          else { continue }
          let predictor = Predictor(shape: shape, engine: engine, compute: compute, place: place, names: names)
          let measured = own.filter { $0.c == c }
          let counts = Set(ScalingExperiment.rankCounts(upTo: upTo) + measured.map(\.ranks)).sorted()
          var curve = predictor.predict(strategy, prices: prices, batch: batch, mode: .strong, ranks: counts)
          for index in curve.indices {
            curve[index].measuredUsPerStep = measured.first { $0.ranks == counts[index] }?.usPerStep
          }
          predictions += curve
        }
      }
    }
    return predictions
  }
}

extension ExchangeMeasurement {
  /// What a scaling experiment measured on the way.
  init?(_ result: ScalingResult) {
    guard let strategy = SynchronisationStrategy(rawValue: result.strategy),
      let chosen = SynchronisationStrategy(rawValue: result.chosen)
    else { return nil }
    self.init(
      strategy: strategy, chosen: chosen, ranks: result.ranks, c: result.c, parameters: result.gradientBytes / 4,
      exchangeUs: result.syncUs, updateUs: result.adamUs, barrierNs: result.barrierNs)
  }
}
