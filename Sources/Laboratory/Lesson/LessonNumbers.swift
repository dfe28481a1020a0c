import Schemas

/// Core-seconds per million names of one width.
struct LessonCost {
  let c, ranks: Int
  /// On one core; on `ranks` together.
  let one, several: Double
  /// Joules per million names likewise; nil where nothing measures them.
  var joules: (one: Double, several: Double)?
}

extension ScalingReport {
  /// What the lesson holds against one core: strong scaling at the smallest batch on the most ranks, by width; nothing of one
  /// rank alone.
  var besideOneCore: [ScalingResult] {
    let rows = results.filter { $0.mode == .strong && $0.ranks == mostRanks && $0.ranks > 1 }
    let batch = rows.map(\.batch).min()
    return rows.filter { $0.batch == batch }.sorted { $0.c < $1.c }
  }

  /// By width, under the strategy that `auto` takes; one row for each width.
  var lessonCosts: [LessonCost] {
    let rows = besideOneCore
    return rows.distinct { $0.c }.compactMap { width in
      let ways = rows.filter { $0.c == width }
      guard let row = ways.first(where: { $0.strategy == "auto" }) ?? ways.first,
        let several = row.coreSecondsPerMillionNames
      else { return nil }
      return LessonCost(
        c: width, ranks: row.ranks, one: row.singleCoreUsPerStep / Double(row.globalBatch), several: several,
        joules: row.singleCoreJoulesPerMillionNames.flatMap { one in row.joulesPerMillionNames.map { (one, $0) } })
    }
  }

  struct FastestPredicted {
    let what: Case
    let strategy: String
    let ranks: Int
    let speedup: Double
  }

  /// For the narrowest and the widest model the number of ranks with the shortest predicted step of the same batch.
  var fastestPredicted: [FastestPredicted] {
    let cases = predictions.filter { $0.mode == .strong && $0.strategy != "allreduce" }.distinct { Case($0) }
    let ends = [cases.min { $0.c < $1.c }, cases.max { $0.c < $1.c }].compactMap { $0 }.distinct { $0 }
    return ends.compactMap { what in
      let rows = predictions.filter { Case($0) == what && $0.strategy != "allreduce" && $0.globalBatch == what.batch }
      guard let best = rows.min(by: { $0.usPerStep < $1.usPerStep }), best.singleCoreUsPerStep.isFinite else {
        return nil
      }
      return FastestPredicted(
        what: what, strategy: best.strategy, ranks: best.ranks, speedup: best.singleCoreUsPerStep / best.usPerStep)
    }
  }
}

extension BenchFile {
  /// Plain steps at the batch of most widths, by width.
  var atOneBatch: [BenchResult] {
    let plain = results.filter { $0.microShards == nil }
    let batches = Dictionary(grouping: plain, by: \.batch)
    let rows = batches.max { ($0.value.count, -$0.key) < ($1.value.count, -$1.key) }?.value ?? []
    return Set(rows.map(\.c)).sorted().compactMap { width in
      rows.filter { $0.c == width }.min { $0.usPerStep < $1.usPerStep }
    }
  }
}

extension SynchronisationFile {
  /// Its rows by width, ascending, those of several domains excepted.
  var widths: [[SynchronisationResult]] {
    Set(results.map(\.c)).sorted().map { width in results.filter { $0.c == width && $0.domains == nil } }
  }
}
