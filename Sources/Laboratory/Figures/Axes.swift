import Glibc
import Values

/// The axis of ranks: linear for few, powers of two for many.
struct RankAxis {
  let ranks: [Int]
  let isLogarithmic: Bool

  /// Of measured ranks; each has its mark.
  init(_ ranks: [Int]) {
    self.ranks = Array(Set(ranks)).sorted()
    isLogarithmic = (self.ranks.last ?? 1) > 8
  }

  private var last: Double { Double(ranks.last ?? 1) }

  /// The range's ends leave room for curves that are moved aside.
  var bounds: (low: Double, high: Double) {
    isLogarithmic ? (0.85, last * 1.18) : (1 - room, last + room)
  }

  private var room: Double { 0.12 * max(1, last - 1) }

  /// A place a little aside of N, so that the intervals of several curves can be told apart.
  func place(_ rank: Int, curve: Int, of curves: Int) -> Double {
    let offset = Double(curve) - Double(curves - 1) / 2
    return isLogarithmic ? Double(rank) * pow(2, 0.045 * offset) : Double(rank) + 0.022 * max(1, last - 1) * offset
  }

  func add(to script: inout GnuplotScript) {
    let marks = isLogarithmic ? thinned : ranks
    let tics = Array(Set(marks + [1])).sorted().map { "'\($0)' \($0)" }.joined(separator: ", ")
    if isLogarithmic { script.add("set logscale x 2") }
    script.add("set xtics (\(tics))")
    script.add("set xrange [\(bounds.low):\(bounds.high)]")
    script.add("set xlabel 'ranks N'")
  }

  /// Without marks that would touch the one before.
  private var thinned: [Int] {
    var kept: [Int] = []
    for rank in ranks where kept.last.map({ Double(rank) / Double($0) >= 1.18 }) ?? true { kept.append(rank) }
    return kept
  }
}

/// A logarithmic axis that fits its values, with marks at 1, 2 and 5 where there are few decades.
enum LogarithmicAxis {
  static func add(_ axis: String, around values: [Double], to script: inout GnuplotScript) {
    let values = values.filter { $0.isFinite && $0 > 0 }
    guard let lowest = values.min(), let highest = values.max() else { return }
    let (low, high) = (lowest / 1.5, highest * 1.5)
    script.add("set logscale \(axis)")
    script.add("set \(axis)range [\(low):\(high)]")
    let steps: [Double] = high / low < 8 ? [1, 1.5, 2, 3, 4, 5, 7] : high / low < 300 ? [1, 2, 5] : [1]
    let decades = Int(floor(log10(low)))...Int(ceil(log10(high)))
    // Read from text, a mark is the number that its text says.
    let marks = decades.flatMap { decade in steps.compactMap { Double("\($0)e\(decade)") } }.filter {
      $0 >= low && $0 <= high
    }
    script.add("set \(axis)tics (\(marks.map { "'\(axisText($0))' \($0)" }.joined(separator: ", ")))")
  }
}

/// A logarithmic axis of few values, with marks at the values themselves.
enum MarkedAxis {
  /// - Parameter most: marks that have room beside one another.
  static func add(_ axis: String, at values: [Double], most: Double, to script: inout GnuplotScript) {
    let values = Set(values.filter { $0.isFinite && $0 > 0 }).sorted()
    guard let lowest = values.first, let highest = values.last else { return }
    let (low, high) = (lowest / 1.25, highest * 1.25)
    let room = (log(high) - log(low)) / most
    var marks: [Double] = []
    for value in values where marks.last.map({ log(value) - log($0) >= room }) ?? true { marks.append(value) }
    script.add("set logscale \(axis)")
    script.add("set \(axis)range [\(low):\(high)]")
    script.add("set \(axis)tics (\(marks.map { "'\(axisText($0))' \($0)" }.joined(separator: ", ")))")
  }
}

/// A mark's number, without zeros at its end: 0.02, 1.5, 2,000.
private func axisText(_ mark: Double) -> String {
  mark < 1e15 && mark == mark.rounded() ? grouped(Int(mark)) : "\(mark)"
}
