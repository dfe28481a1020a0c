import Values
import Glibc

/// A logarithmic axis of µs that fits its values, with marks at 1, 2 and 5 where there are few decades.
enum LogarithmicAxis {
  static func add(_ axis: String, around values: [Double], to script: inout GnuplotScript) {
    let values = values.filter { $0.isFinite && $0 > 0 }
    guard let lowest = values.min(), let highest = values.max() else { return }
    let (low, high) = (lowest / 1.5, highest * 1.5)
    script.add("set logscale \(axis)")
    script.add("set \(axis)range [\(low):\(high)]")
    let steps: [Double] = high / low < 300 ? [1, 2, 5] : [1]
    let decades = Int(floor(log10(low)))...Int(ceil(log10(high)))
    let marks = decades.flatMap { decade in steps.map { $0 * pow(10, Double(decade)) } }.filter {
      $0 >= low && $0 <= high
    }
    script.add("set \(axis)tics (\(marks.map { "'\(text($0))' \($0)" }.joined(separator: ", ")))")
  }

  private static func text(_ mark: Double) -> String {
    mark >= 1 && mark < 1e15 ? grouped(Int(mark.rounded())) : significant(mark)
  }
}
