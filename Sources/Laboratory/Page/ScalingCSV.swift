import Schemas

/// The results as comma-separated values (RFC 4180): a line of names, then a line for each result. Names and units are
/// the JSON's.
public enum ScalingCSV {
  private static let names = [
    "c", "heads", "batch", "global_batch", "mode", "strategy", "chosen", "ranks", "us_per_step", "ci_low", "ci_high",
    "single_core_us_per_step", "single_core_ci_low", "single_core_ci_high", "speedup", "efficiency", "efficiency_low",
    "efficiency_high", "samples_per_second", "compute_us", "wait_us", "sync_us", "adam_us", "work_inflation",
    "computation_scalability", "load_balance", "communication_efficiency", "busy_core_speed", "karp_flatt",
    "gradient_bytes",
  ]

  public static func encode(_ report: ScalingReport) -> String {
    let lines = [names] + report.results.map { values($0) }
    return lines.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
  }

  /// In the order of the names; Karp–Flatt is empty for one rank.
  private static func values(_ result: ScalingResult) -> [String] {
    let counts = [result.c, result.heads, result.batch, result.globalBatch].map { String($0) }
    let numbers: [Double] = [
      result.usPerStep, result.ciLow, result.ciHigh, result.singleCoreUsPerStep, result.singleCoreCiLow,
      result.singleCoreCiHigh, result.speedup, result.efficiency, result.efficiencyLow, result.efficiencyHigh,
      result.samplesPerSecond, result.computeUs, result.waitUs, result.syncUs, result.adamUs, result.workInflation,
      result.computationScalability, result.loadBalance, result.communicationEfficiency, result.busyCoreSpeed,
    ]
    return counts + [result.mode.rawValue, result.strategy, result.chosen, String(result.ranks)]
      + numbers.map { String($0) } + [result.karpFlatt.map { String($0) } ?? "", String(result.gradientBytes)]
  }

  /// In quotation marks where it must be, those inside doubled.
  private static func field(_ text: String) -> String {
    let special = text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
    return special ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}
