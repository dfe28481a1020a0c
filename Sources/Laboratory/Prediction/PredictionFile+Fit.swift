import DataParallel
import Schemas

extension PredictionFile {
  /// Fits a strategy's prices to the fewest ranks that were measured, and holds them against all.
  ///
  /// - Parameters:
  ///   - exchanges: of all strategies.
  ///   - updatePerParameter: γ, of one core.
  ///   - latency, bandwidth: of the network, in µs and Gbit/s, where they are given and not measured.
  public mutating func fit(
    _ strategy: SynchronisationStrategy, to exchanges: [ExchangeMeasurement], place: Placement,
    updatePerParameter: Double, latency: Double?, bandwidth: Double?
  ) -> Prices {
    let fewest = exchanges.map(\.ranks).min() ?? 0
    let own = exchanges.filter { $0.strategy == strategy }
    var prices = Prices(
      fitting: own.filter { $0.ranks == fewest }, place: place, updatePerParameter: updatePerParameter)
    if let latency { prices.network.latency = latency }
    if let bandwidth { prices.network.perByte = Link.perByte(gigabits: bandwidth) }
    for measurement in own {
      let terms = CostTerms(measurement, place: place, prices: prices)
      checks.append(
        ExchangeCheck {
          ($0.strategy, $0.ranks, $0.c) = (measurement.chosen.rawValue, measurement.ranks, measurement.c)
          $0.measuredUs = measurement.communication(updatePerParameter: updatePerParameter, terms: terms)
          $0.predictedUs = prices.time(of: terms)
          $0.fitted = measurement.ranks == fewest
          $0.barrierNs = measurement.barrierNs
        })
    }
    self.prices[strategy.rawValue] = prices
    return prices
  }
}

extension MeasuredExchange {
  public init(_ measurement: ExchangeMeasurement) {
    self.init {
      ($0.strategy, $0.chosen) = (measurement.strategy.rawValue, measurement.chosen.rawValue)
      ($0.ranks, $0.c, $0.parameters) = (measurement.ranks, measurement.c, measurement.parameters)
      ($0.exchangeUs, $0.updateUs) = (measurement.exchangeUs, measurement.updateUs)
      ($0.ciLow, $0.ciHigh) = (measurement.interval?.lowerBound, measurement.interval?.upperBound)
      $0.barrierNs = measurement.barrierNs
    }
  }
}
