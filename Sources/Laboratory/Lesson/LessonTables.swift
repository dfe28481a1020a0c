import Schemas
import Values

extension Table<BenchResult> {
  static func lesson(_ rows: [BenchResult]) -> Table {
    Table(
      rows,
      [
        .number("C") { "\($0.c)" }, .number("names per step") { "\($0.batch)" },
        .measured("µs per step", interval: "", significant) { ($0.usPerStep, $0.usPerStepP10, $0.usPerStepP90) },
        .number("µs per name") { significant($0.usPerSample) },
        .number("nominal share of the peak") { fixed($0.nominalShareOfPeak, 2) },
        .number("really done") { fixed($0.effectiveShareOfPeak, 2) },
      ])
  }
}

extension Table<RungResult> {
  static func lesson(_ rows: [RungResult]) -> Table {
    Table(
      rows,
      [
        .words("rung") { $0.title }, .number("µs per name") { significant($0.usPerSample) },
        .number("× the rung before") { $0.factorOverBefore.map(LessonClaims.factor) ?? "–" },
        .number("× the first") { LessonClaims.factor($0.factorOverFirst) },
      ])
  }
}

extension Table<SynchronisationResult> {
  static func lesson(_ rows: [SynchronisationResult]) -> Table {
    Table(
      rows,
      [
        .number("C") { "\($0.c)" }, .words("strategy") { $0.strategy },
        .number("synchronisation, µs") { significant($0.syncUs) }, .number("wait, µs") { significant($0.waitUs) },
        .number("update, µs") { significant($0.adamUs) }, .number("step, µs") { significant($0.usPerStep) },
        .number("one core's step, µs") { significant($0.singleCoreUsPerStep) },
      ])
  }
}

extension Table<ScalingResult> {
  static func lesson(_ rows: [ScalingResult]) -> Table {
    Table(
      rows,
      [
        .number("C") { "\($0.c)" }, .number("names per step") { "\($0.globalBatch)" }, .number("N") { "\($0.ranks)" },
        .words("strategy") { $0.strategyWithChoice },
        .measured("µs per step", interval: "", significant) { ($0.usPerStep, $0.ciLow, $0.ciHigh) },
        .measured("one core, µs", interval: "", significant) {
          ($0.singleCoreUsPerStep, $0.singleCoreCiLow, $0.singleCoreCiHigh)
        },
        .measured("one core / step", interval: "", { fixed($0, 2) }) { ($0.speedup, $0.speedupLow, $0.speedupHigh) },
      ])
  }
}

extension Table<CeilingResult> {
  static func lesson(_ rows: [CeilingResult]) -> Table {
    Table(
      rows,
      [
        .number("C") { "\($0.c)" }, .number("names per step") { grouped($0.globalBatch) },
        .number("N") { "\($0.ranks)" }, .number("ceiling") { significant($0.speedupCeiling) },
        .number("expected") { significant($0.expectedSpeedup) },
        .words("most is lost to") { $0.lostTo.isEmpty ? "–" : $0.lostTo },
      ])
  }
}

extension Table<LessonCost> {
  static func lesson(_ rows: [LessonCost]) -> Table {
    Table(
      rows,
      [
        .number("C") { "\($0.c)" }, .number("one core") { significant($0.one) },
        .number(rows.first.map { plural($0.ranks, "core") } ?? "") { significant($0.several) },
        .number("ratio") { fixed($0.several / $0.one, 2) },
      ])
  }
}
