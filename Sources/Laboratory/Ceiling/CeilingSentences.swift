import Schemas
import Values

/// Where a measurement parts from its ceiling, in words.
enum CeilingSentences {
  /// Below this, cores that all compute are told to be slower than one alone.
  private static let busy = 0.95
  /// Of the ceiling: a measurement below it that may reach it says little.
  private static let near = 0.9
  /// Between one core's step here and there.
  private static let mostDifference = 1.2

  /// Of one case: whether the machine had the same speed in both measurements, then a sentence for each row.
  static func all(_ rows: [BesideCeiling]) -> [String] {
    (rows.max { $0.ranks < $1.ranks }.map { [singleCore($0)] } ?? []) + rows.compactMap { sentence($0) }
  }

  /// What the most ranks of each case and strategy come to.
  static func findings(_ rows: [BesideCeiling]) -> [String] {
    rows.distinct { [$0.strategy, Case($0).name] }.compactMap { key in
      let own = rows.filter { [$0.strategy, Case($0).name] == key }
      return own.max { $0.ranks < $1.ranks }.flatMap { most in
        sentence(most).map { "\(Case(most).title), \($0)" }
      }
    }
  }

  /// Two at the most; nil where nothing could be measured.
  static func sentence(_ row: BesideCeiling) -> String? {
    let numbers = [row.speedup, row.speedupLow, row.speedupHigh, row.speedupCeiling, row.expectedSpeedup]
    guard numbers.allSatisfy(\.isFinite) else { return nil }
    let measured =
      "\(plural(row.ranks, "rank")) (\(row.strategyWithChoice)): \(factor(row.speedup)) × one core (95 % interval "
      + "\(factor(row.speedupLow))–\(factor(row.speedupHigh)))"
    let ceiling = "the ceiling of \(factor(row.speedupCeiling))"
    if row.speedupLow > row.speedupCeiling {
      return "\(measured), above \(ceiling): several cores have more cache than the one that plays them, or the "
        + "machine was faster."
    }
    if row.speedupHigh >= row.speedupCeiling {
      return row.speedup >= near * row.speedupCeiling
        ? "\(measured), at \(ceiling)." : "\(measured), which is too wide to tell it from \(ceiling): measure longer."
    }
    let expected =
      row.speedupHigh >= row.expectedSpeedup
      ? "and as expected (\(factor(row.expectedSpeedup)))"
      : "and \(share(row.speedup / row.expectedSpeedup)) of the \(factor(row.expectedSpeedup)) expected"
    return "\(measured), \(share(row.speedup / row.speedupCeiling)) of \(ceiling) \(expected). "
      + "A step takes \(significant(row.usPerStep)) µs instead of \(significant(row.ceilingUs)) µs; \(blame(row))."
  }

  private static func blame(_ row: BesideCeiling) -> String {
    guard row.restUs != nil else { return "the file does not say in which part" }
    guard let part = StepPart(rawValue: row.lostTo), let times = row.times(of: part) else {
      return "no part of it stands out"
    }
    guard part != .rest else {
      return
        "\(significant(times.measured)) µs of it are in none of the parts that were timed, in other steps with one "
        + "barrier more: the steps differ from one another, as they do where ranks share cores"
    }
    let slower =
      part == .passes && row.busyCoreSpeed < busy
      ? ", while all these cores compute at \(share(row.busyCoreSpeed)) of one core’s speed alone" : ""
    return "the part that exceeds the ceiling’s most is \(words(part)), \(significant(times.measured)) µs instead of "
      + "\(significant(times.ceiling)) µs\(slower)"
  }

  private static func words(_ part: StepPart) -> String {
    switch part {
    case .selection: "choosing the batch"
    case .passes, .update: "the slowest rank’s \(part)"
    case .wait: "waiting at the barrier"
    case .synchronisation, .rest: "\(part)"
    }
  }

  private static func singleCore(_ row: BesideCeiling) -> String {
    let times =
      "\(significant(row.singleCoreUs)) µs here and \(significant(row.ceilingSingleCoreUs)) µs with the ceiling"
    let ratio = row.singleCoreUs / row.ceilingSingleCoreUs
    let far = !(1 / mostDifference...mostDifference ~= ratio)
    return "One core’s step took \(times); the ceiling’s times are multiplied by the ratio."
      + (far ? " These are two speeds of the machine: measure both again where nothing else runs." : "")
  }

  private static func factor(_ value: Double) -> String { fixed(value, value < 9.995 ? 2 : 1) }
  private static func share(_ value: Double) -> String { fixed(value, 2) }
}
