import Schemas

/// What stays the same along a curve: results of one case differ in ranks and strategy alone.
struct Case: Hashable {
  var c: Int
  var batch: Int
  var mode: ScalingMode

  init(_ result: ScalingResult) {
    c = result.c
    batch = result.batch
    mode = result.mode
  }

  init(_ prediction: Prediction) {
    c = prediction.c
    batch = prediction.batch
    mode = prediction.mode
  }

  init(_ cost: ScalingCost) {
    c = cost.c
    batch = cost.batch
    mode = cost.mode
  }

  var setting: Setting { Setting(batch: batch, mode: mode) }

  /// "C = 64, B = 16", "C = 64, B = 16 a rank"
  var title: String { "C = \(c), \(setting.title)" }
  /// For a file.
  var name: String { "c\(c)-\(setting.name)" }
}

/// What stays the same where C is varied.
struct Setting: Hashable {
  var batch: Int
  var mode: ScalingMode

  var title: String { mode == .weak ? "B = \(batch) a rank" : "B = \(batch)" }
  var name: String { "b\(batch)" + (mode == .weak ? "-weak" : "") }
}

extension Sequence {
  /// Each value once, in order of appearance.
  func distinct<Value: Hashable>(_ value: (Element) -> Value) -> [Value] {
    var seen = Set<Value>()
    return map(value).filter { seen.insert($0).inserted }
  }
}

extension ScalingReport {
  var cases: [Case] { results.distinct { Case($0) } }

  func results(of wanted: Case) -> [ScalingResult] { results.filter { Case($0) == wanted } }

  /// The most ranks that anything was measured on.
  var mostRanks: Int { results.map(\.ranks).max() ?? 1 }

  /// One rank alone has nothing to be compared with.
  var hasSeveralRanks: Bool { mostRanks > 1 }
}

extension ScalingResult {
  /// From the efficiency's interval, whose pairs share the machine's speed of the moment.
  var speedupLow: Double { efficiencyLow * Double(ranks) }
  var speedupHigh: Double { efficiencyHigh * Double(ranks) }

  /// All but the computing of gradients.
  var overheadUs: Double { waitUs + syncUs + adamUs }

  /// "auto (shared)" where they differ.
  var strategyWithChoice: String { chosen == strategy || chosen.isEmpty ? strategy : "\(strategy) (\(chosen))" }
}
