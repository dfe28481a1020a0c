import Values

/// What a scaling report's numbers and texts can be: a file of that form may come from anybody.
enum ReportLimits {
  static let mostResults = 10_000
  /// Each has three figures of its own.
  static let mostCases = 500
  static let mostEntries = 100_000
  static let longestText = 1 << 16
  /// Of numbers that are times, rates or shares; one may also be none, where nothing could be measured.
  static let largest = 1e15

  private static let names = OptionRange("names", 1...1 << 44)
  private static let bytes = OptionRange("bytes", 1...1 << 40)
  private static let cores = OptionRange("cores", 0...1 << 24)
  private static let steps = OptionRange("steps", 0...1 << 50)
  private static let rank = OptionRange("rank", 0...1 << 24)

  /// - Throws: `ReportError.notAReport`, which names the first key whose value cannot be.
  static func check(_ report: ScalingReport) throws {
    try check(report.machine)
    try list("results", report.results.count, most: mostResults)
    guard !report.results.isEmpty else { throw ReportError.notAReport("results is empty") }
    for (index, result) in report.results.enumerated() { try check(result, at: "results[\(index)]") }
    try list("cost", report.cost.count)
    for (index, cost) in report.cost.enumerated() { try check(cost, at: "cost[\(index)]") }
    try list("late", report.late.count)
    for (index, late) in report.late.enumerated() { try check(late, at: "late[\(index)]") }
    try list("predictions", report.predictions.count)
    for (index, prediction) in report.predictions.enumerated() {
      try check(prediction, at: "predictions[\(index)]")
    }
    try list("assumptions", report.assumptions.count)
    for (index, text) in report.assumptions.enumerated() { try self.text("assumptions[\(index)]", text) }
    try checkCases(report)
  }

  private struct Case: Hashable {
    var c: Int
    var batch: Int
    var mode: ScalingMode
  }

  private struct Measured: Hashable {
    var what: Case
    var strategy: String
    var ranks: Int
  }

  private static func checkCases(_ report: ScalingReport) throws {
    let measured = report.results.map { Case(c: $0.c, batch: $0.batch, mode: $0.mode) }
    let predicted = report.predictions.map { Case(c: $0.c, batch: $0.batch, mode: $0.mode) }
    guard Set(measured).count + Set(predicted).count <= mostCases else {
      throw ReportError.notAReport("its results and predictions have more than \(mostCases) cases")
    }
    var seen: Set<Measured> = []
    for (index, result) in report.results.enumerated() {
      let point = Measured(what: measured[index], strategy: result.strategy, ranks: result.ranks)
      guard seen.insert(point).inserted else {
        throw ReportError.notAReport("results[\(index)] is of the same case, strategy and ranks as an earlier one")
      }
    }
  }

  private static func check(_ machine: Machine) throws {
    let texts = [
      ("cpu", machine.cpu), ("isa", machine.isa), ("system", machine.system), ("mpi", machine.mpi),
      ("version", machine.version), ("command", machine.command), ("date", machine.date),
    ]
    for (name, value) in texts { try text("machine.\(name)", value) }
    try count("machine.ranks", machine.ranks, Ranges.ranks)
    try count("machine.cores", machine.cores, cores)
    try list("machine.hosts", machine.hosts.count, most: Ranges.ranks.range.upperBound)
    for (index, host) in machine.hosts.enumerated() { try text("machine.hosts[\(index)]", host) }
    try list("machine.warnings", machine.warnings.count)
    for (index, warning) in machine.warnings.enumerated() { try text("machine.warnings[\(index)]", warning) }
    try number("machine.peak_gflops", machine.peakGflops)
    try number("machine.peak_gflops_low", machine.peakGflopsLow)
    try number("machine.peak_gflops_high", machine.peakGflopsHigh)
  }

  private static func check(_ result: ScalingResult, at place: String) throws {
    try count("\(place).c", result.c, Ranges.dModel)
    try count("\(place).heads", result.heads, Ranges.heads)
    try count("\(place).batch", result.batch, Ranges.batch)
    try count("\(place).global_batch", result.globalBatch, names)
    try count("\(place).ranks", result.ranks, Ranges.ranks)
    try count("\(place).gradient_bytes", result.gradientBytes, bytes)
    try text("\(place).strategy", result.strategy)
    try text("\(place).chosen", result.chosen)
    let numbers = [
      ("us_per_step", result.usPerStep), ("ci_low", result.ciLow), ("ci_high", result.ciHigh),
      ("single_core_us_per_step", result.singleCoreUsPerStep), ("single_core_ci_low", result.singleCoreCiLow),
      ("single_core_ci_high", result.singleCoreCiHigh), ("speedup", result.speedup), ("efficiency", result.efficiency),
      ("efficiency_low", result.efficiencyLow), ("efficiency_high", result.efficiencyHigh),
      ("samples_per_second", result.samplesPerSecond), ("compute_us", result.computeUs), ("wait_us", result.waitUs),
      ("sync_us", result.syncUs), ("adam_us", result.adamUs), ("work_inflation", result.workInflation),
      ("computation_scalability", result.computationScalability), ("load_balance", result.loadBalance),
      ("communication_efficiency", result.communicationEfficiency), ("busy_core_speed", result.busyCoreSpeed),
    ]
    for (name, value) in numbers { try number("\(place).\(name)", value) }
    // A serial share is negative where ranks are faster than their number.
    try number("\(place).karp_flatt", abs(result.karpFlatt ?? 0))
  }

  private static func check(_ cost: ScalingCost, at place: String) throws {
    try count("\(place).c", cost.c, Ranges.dModel)
    try count("\(place).batch", cost.batch, Ranges.batch)
    try text("\(place).strategy", cost.strategy)
    if let ranks = cost.cost { try count("\(place).cost", ranks, Ranges.ranks) }
    try count("\(place).up_to", cost.upTo, Ranges.ranks)
  }

  private static func check(_ late: LateRank, at place: String) throws {
    try count("\(place).c", late.c, Ranges.dModel)
    try count("\(place).global_batch", late.globalBatch, names)
    try count("\(place).ranks", late.ranks, Ranges.ranks)
    try count("\(place).rank", late.rank, rank)
    try count("\(place).steps", late.steps, steps)
    try count("\(place).of_steps", late.ofSteps, steps)
    try text("\(place).strategy", late.strategy)
    try text("\(place).host", late.host)
    try number("\(place).wait_us", late.waitUs)
  }

  private static func check(_ prediction: Prediction, at place: String) throws {
    try count("\(place).c", prediction.c, Ranges.dModel)
    try count("\(place).batch", prediction.batch, Ranges.batch)
    try count("\(place).global_batch", prediction.globalBatch, names)
    try count("\(place).ranks", prediction.ranks, Ranges.ranks)
    try text("\(place).strategy", prediction.strategy)
    let numbers = [
      ("us_per_step", prediction.usPerStep), ("communication_us", prediction.communicationUs),
      ("efficiency", prediction.efficiency), ("single_core_us_per_step", prediction.singleCoreUsPerStep),
      ("measured_us_per_step", prediction.measuredUsPerStep ?? 0),
    ]
    for (name, value) in numbers { try number("\(place).\(name)", value) }
  }

  private static func count(_ place: String, _ value: Int, _ range: OptionRange<Int>) throws {
    guard range.range.contains(value) else {
      throw ReportError.notAReport("\(place) is \(value), and must be from \(range.span)")
    }
  }

  private static func number(_ place: String, _ value: Double) throws {
    guard value.isNaN || value == .infinity || (0...largest).contains(value) else {
      throw ReportError.notAReport("\(place) is \(value), and must be from 0 to \(largest)")
    }
  }

  private static func text(_ place: String, _ value: String) throws {
    guard value.utf8.count <= longestText else {
      throw ReportError.notAReport("\(place) is longer than \(longestText) bytes")
    }
  }

  private static func list(_ place: String, _ count: Int, most: Int = mostEntries) throws {
    guard count <= most else { throw ReportError.notAReport("\(place) has more than \(most) entries") }
  }
}
