import Schemas

extension Case {
  var setting: Setting { Setting(batch: batch, mode: mode) }

  /// "C = 64, B = 16", "C = 64, B = 16 a rank"
  var title: String { "C = \(c), \(setting.title)" }
  /// For a file.
  var name: String { "c\(c)-\(setting.name)" }
}

/// The batch and mode of a curve over C.
struct Setting: Hashable {
  var batch: Int
  var mode: ScalingMode

  var title: String { mode == .weak ? "B = \(batch) a rank" : "B = \(batch)" }
  var name: String { "b\(batch)" + (mode == .weak ? "-weak" : "") }
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
}

/// What ran under a strategy that may have been left to the program.
protocol OfStrategy {
  var strategy: String { get }
  /// What `auto` chose.
  var chosen: String { get }
}

extension OfStrategy {
  /// "auto (shared)" where they differ.
  var strategyWithChoice: String { chosen == strategy || chosen.isEmpty ? strategy : "\(strategy) (\(chosen))" }
}

extension ScalingResult: OfStrategy {}
