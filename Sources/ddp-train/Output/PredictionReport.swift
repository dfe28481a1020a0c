import Schemas
import Values
import DataParallel
import Foundation
import GPT
import Laboratory

/// What `predict` found, for people and as JSON.
struct PredictionReport {
  private let plan: Predict.Plan
  private let compute: [ComputePrices]
  private let exchanges: [ExchangeMeasurement]
  private let place: Placement
  /// Of each strategy of the plan.
  private let prices: [Prices]
  private let curves: [Curve]
  private let checks: [Check]
  /// What was taken from options or assumed, in words.
  private let assumptions: [String]

  /// One line of the figure: one width, batch, mode and strategy over the ranks.
  private struct Curve {
    var batch: Int
    var predictions: [Prediction]
  }

  /// An exchange that was measured and not fitted to, beside what the fit makes of it.
  struct Check: Codable {
    var strategy: String
    var ranks: Int
    var c: Int
    var measuredUs: Double
    var predictedUs: Double
    /// Whether the fit saw it.
    var fitted: Bool

    var residual: Double { predictedUs / measuredUs - 1 }
  }

  init(
    plan: Predict.Plan, names: NameTable, compute: [ComputePrices], exchanges: [ExchangeMeasurement],
    place: Placement, nodes: Int, latency: Double?, bandwidth: Double?, upTo: Int
  ) {
    self.plan = plan
    self.compute = compute
    self.exchanges = exchanges
    self.place = place
    let fewest = exchanges.map(\.ranks).min() ?? 0
    var prices: [Prices] = []
    var checks: [Check] = []
    for strategy in plan.strategies {
      let own = exchanges.filter { $0.strategy == strategy }
      let gamma = compute[0].updatePerParameter
      var price = Prices(fitting: own.filter { $0.ranks == fewest }, place: place, updatePerParameter: gamma)
      if let latency { price.network.latency = latency }
      if let bandwidth { price.network.perByte = Link.perByte(gigabits: bandwidth) }
      checks += own.map { measurement in
        let terms = CostTerms(measurement, place: place, prices: price)
        return Check(
          strategy: measurement.chosen.rawValue, ranks: measurement.ranks, c: measurement.c,
          measuredUs: measurement.communication(updatePerParameter: gamma, terms: terms),
          predictedUs: price.time(of: terms), fitted: measurement.ranks == fewest)
      }
      prices.append(price)
    }
    self.prices = prices
    self.checks = checks
    assumptions = Self.assumptions(
      place: place, nodes: nodes, measured: !exchanges.isEmpty, latency: latency, bandwidth: bandwidth)
    curves = Self.curves(plan, names, compute, prices, place, upTo: upTo)
  }

  private static func curves(
    _ plan: Predict.Plan, _ names: NameTable, _ compute: [ComputePrices], _ prices: [Prices], _ place: Placement,
    upTo: Int
  ) -> [Curve] {
    var curves: [Curve] = []
    for (shape, own) in zip(plan.shapes, compute) {
      let predictor = Predictor(shape: shape, engine: plan.engine, compute: own, place: place, names: names)
      for batch in plan.batches {
        for mode in plan.modes {
          for (strategy, price) in zip(plan.strategies, prices) {
            curves.append(
              Curve(
                batch: batch,
                predictions: predictor.predict(
                  strategy, prices: price, batch: batch, mode: mode, ranks: ScalingExperiment.rankCounts(upTo: upTo))))
          }
        }
      }
    }
    return curves
  }

  /// What was taken from nowhere, a sentence each.
  static func assumptions(
    place: Placement, nodes: Int, measured: Bool, latency: Double? = nil, bandwidth: Double? = nil
  ) -> [String] {
    var lines = ["\(plural(place.ranksPerNode, "rank")) a node"]
    let network = Prices.assumed.network
    if !measured { lines.append("messages inside a node: assumed, for want of a second rank; start it with mpirun") }
    if nodes == 1 || !measured {
      if latency == nil { lines.append("latency between nodes: \(significant(network.latency)) µs assumed") }
      if bandwidth == nil {
        lines.append("bandwidth between nodes: \(significant(8e-3 / network.perByte)) Gbit/s assumed")
      }
    }
    return lines
  }

  // MARK: - Text

  var text: String {
    var lines = assumptions + [""]
    for (shape, own) in zip(plan.shapes, compute) {
      lines.append(
        "C = \(shape.dModel), one core: selection \(significant(own.selection)) + \(significant(own.selectionPerName)) · "
          + "names, passes \(significant(own.passes)) + \(significant(own.passesPerRow)) · rows, update "
          + "\(significant(own.updatePerParameter * 1000)) ns a parameter (γ)")
    }
    lines.append("")
    for (strategy, price) in zip(plan.strategies, prices) { lines.append("\(strategy): \(describe(price))") }
    if !checks.isEmpty { lines += ["", checkTable] }
    for curve in curves { lines += ["", table(curve)] }
    return lines.joined(separator: "\n")
  }

  private func describe(_ price: Prices) -> String {
    func link(_ link: Link) -> String {
      "α \(significant(link.latency)) µs, 1/β \(link.perByte > 0 ? significant(8e-3 / link.perByte) : "∞") Gbit/s"
    }
    return "between nodes \(link(price.network)); inside a node \(link(price.node)), "
      + "barrier \(significant(price.barrier)) µs a stage, reading \(significant(1e-3 / max(price.perByteRead, 1e-9))) GB/s"
  }

  private var checkTable: String {
    var lines = ["exchange, µs       N     C  measured  predicted  residual"]
    for check in checks {
      lines.append(
        check.strategy.padded(to: 14) + right("\(check.ranks)", 6) + right("\(check.c)", 6)
          + right(significant(check.measuredUs), 10) + right(significant(check.predictedUs), 11)
          + right(String(format: "%+.0f %%", check.residual * 100), 10) + (check.fitted ? "  fitted" : ""))
    }
    return lines.joined(separator: "\n")
  }

  private func table(_ curve: Curve) -> String {
    guard let first = curve.predictions.first else { return "" }
    var lines = [
      "C = \(first.c), B = \(curve.batch)\(first.mode == .weak ? " per rank" : ""), \(first.strategy): "
        + "break-even \(curve.predictions.breakEven.map { "at \(plural($0, "rank"))" } ?? "nowhere"), "
        + "best \(curve.predictions.best.map { "\(plural($0.ranks, "rank"))" } ?? "nowhere")",
      "        N          B   one core    µs/step  communication   speed-up  efficiency",
    ]
    for prediction in curve.predictions {
      lines.append(
        right(grouped(prediction.ranks), 9) + right(grouped(prediction.globalBatch), 11)
          + right(significant(prediction.singleCoreUsPerStep), 11) + right(significant(prediction.usPerStep), 11)
          + right(significant(prediction.communicationUs), 15)
          + right(significant(prediction.singleCoreUsPerStep / prediction.usPerStep), 11)
          + right(share(prediction.efficiency), 12))
    }
    return lines.joined(separator: "\n")
  }

  private func share(_ value: Double) -> String { value < 0.01 ? scientific(value) : fixed(value, 3) }

  // MARK: - JSON

  private struct File: Codable {
    var ranksPerNode: Int
    var assumptions: [String]
    var compute: [String: ComputePrices]
    var prices: [String: Prices]
    var exchanges: [ExchangeMeasurement]
    var checks: [Check]
    var predictions: [Prediction]
  }

  var json: Data {
    get throws {
      try ReportJSON.encode(
        File(
          ranksPerNode: place.ranksPerNode, assumptions: assumptions,
          compute: Dictionary(uniqueKeysWithValues: zip(plan.shapes.map { "\($0.dModel)" }, compute)),
          prices: Dictionary(uniqueKeysWithValues: zip(plan.strategies.map(\.rawValue), prices)),
          exchanges: exchanges, checks: checks, predictions: curves.flatMap(\.predictions)))
    }
  }
}
