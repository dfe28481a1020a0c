import Schemas
import Values

/// The tables of a scaling report, for the terminal and the page alike.
extension Table<ScalingResult> {
  private static var configuration: [Column] {
    [.number("N") { "\($0.ranks)" }, .words("strategy") { $0.strategyWithChoice }]
  }

  /// Time, speed-up and efficiency.
  static func times(_ results: [ScalingResult]) -> Table {
    let interval = "(95 %)"
    return Table(
      results,
      configuration + [
        .measured("µs/step", page: "µs a step", interval: interval, significant) {
          ($0.usPerStep, $0.ciLow, $0.ciHigh)
        },
        .measured("one core", page: "one core, µs", interval: interval, significant) {
          ($0.singleCoreUsPerStep, $0.singleCoreCiLow, $0.singleCoreCiHigh)
        },
        .measured("speed-up", interval: nil, share) { ($0.speedup, $0.speedupLow, $0.speedupHigh) },
        .measured("efficiency", interval: interval, share) { ($0.efficiency, $0.efficiencyLow, $0.efficiencyHigh) },
        .number("samples/s") { whole($0.samplesPerSecond) },
        .number("Karp–Flatt") { $0.karpFlatt.map(share) ?? "–" },
      ])
  }

  /// The factors of the efficiency. Text has a step's parts as well, for which a page has a figure.
  static func factors(_ results: [ScalingResult], onPage: Bool) -> Table {
    let parts: [Column] = [
      .number("compute") { significant($0.computeUs) }, .number("wait") { significant($0.waitUs) },
      .number("communication") { significant($0.syncUs) }, .number("Adam") { significant($0.adamUs) },
    ]
    let efficiency = factor("efficiency", page: "efficiency", \.efficiency)
    let barrier = Column.number("barrier, ns") { $0.barrierNs.map(significant) ?? "–" }
    return Table(
      results,
      configuration + (onPage ? [efficiency] : parts) + [
        factor("× computation", page: "= computation scalability", \.computationScalability),
        factor("× balance", page: "× load balance", \.loadBalance),
        factor("× communication", page: "× communication efficiency", \.communicationEfficiency),
        .number("÷ work", page: "÷ work inflation", shade: { (1 - 1 / $0.workInflation) / 0.6 }) {
          fixed($0.workInflation, 3)
        },
        factor("busy cores", page: "speed of busy cores", \.busyCoreSpeed),
        barrier,
      ])
  }

  /// What a million names cost: core-seconds, and joules where they were measured or where watts are assumed.
  static func names(_ results: [ScalingResult], watts: Double?) -> Table {
    func seconds(_ result: ScalingResult) -> Double {
      Double(result.ranks) * result.usPerStep / Double(result.globalBatch)
    }
    func alone(_ result: ScalingResult) -> Double { result.singleCoreUsPerStep / Double(result.globalBatch) }
    func times(_ value: Double?, _ one: Double?) -> String {
      value.flatMap { value in one.map { share(value / $0) } } ?? "–"
    }
    let measured: [Column] = [
      .number("J") { $0.joulesPerMillionNames.map(significant) ?? "–" },
      .number("one core, J") { $0.singleCoreJoulesPerMillionNames.map(significant) ?? "–" },
      .number("times") { times($0.joulesPerMillionNames, $0.singleCoreJoulesPerMillionNames) },
    ]
    let assumed = watts.map { watts in
      Column.number("J at \(significant(watts)) W a core, assumed") { significant(watts * seconds($0)) }
    }
    return Table(
      results,
      configuration + [
        .number("core-seconds a million names") { significant(seconds($0)) },
        .number("one core") { significant(alone($0)) }, .number("times") { share(seconds($0) / alone($0)) },
      ] + (results.contains { $0.joulesPerMillionNames != nil } ? measured : []) + (assumed.map { [$0] } ?? []))
  }

  /// Darker the more is lost.
  private static func factor(_ title: String, page: String, _ value: @escaping (ScalingResult) -> Double) -> Column {
    .number(title, page: page, shade: { (1 - value($0)) / 0.6 }) { share(value($0)) }
  }

  private static func share(_ value: Double) -> String { fixed(value, 2) }

  private static func whole(_ value: Double) -> String {
    abs(value) < 1e15 ? grouped(Int(value.rounded())) : fixed(value, 0)
  }
}

extension Table<Prediction> {
  static func predictions(_ predictions: [Prediction], onPage: Bool) -> Table {
    let strategy = Column.words("strategy") { $0.strategy }
    let first: [Column] =
      onPage
      ? [.words("case") { Case($0).title }, strategy]
      : [.number("C") { "\($0.c)" }, .number("names") { grouped($0.globalBatch) }, strategy]
    return Table(
      predictions,
      first + [
        .number("N") { grouped($0.ranks) },
        .number("predicted µs/step", page: "predicted, µs a step") { significant($0.usPerStep) },
        .number("of it communication") { significant($0.communicationUs) },
        .number("efficiency") { smallShare($0.efficiency) },
        .number("measured µs/step", page: "measured, µs a step") { $0.measuredUsPerStep.map(significant) ?? "–" },
        .number("error") { $0.error.map(percent) ?? "–" },
      ])
  }
}

extension Table<Case> {
  /// COST of each case, by strategy.
  static func costs(_ costs: [ScalingCost]) -> Table {
    func cost(_ what: Case, _ strategy: String) -> ScalingCost? {
      costs.first { Case($0) == what && $0.strategy == strategy }
    }
    let strategies = costs.distinct { $0.strategy }.map { strategy in
      Column.number(strategy, shade: { cost($0, strategy).map { $0.cost == nil ? 0.5 : .nan } ?? .nan }) {
        cost($0, strategy).map { cost in cost.cost.map { plural($0, "rank") } ?? "none up to \(cost.upTo)" } ?? "–"
      }
    }
    return Table(
      costs.distinct { Case($0) }, [.words("COST") { "\($0.title), \($0.mode.rawValue)" }] + strategies)
  }
}

extension Table<LateRank> {
  /// Ranks that the others waited for, those that cost most first.
  static func late(_ late: [LateRank]) -> Table {
    Table(
      late.sorted { $0.waitUs > $1.waitUs },
      [
        .words("run") { Sentences.place($0) }, .number("rank") { "\($0.rank)" }, .words("host") { $0.host },
        .words("why it was late") { Sentences.cause($0.cause) },
        .number("late steps") { "\(grouped($0.steps)) of \(grouped($0.ofSteps))" },
        .number("the others waited") { duration($0.waitUs) },
      ])
  }
}
