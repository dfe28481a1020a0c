import Options
import Values

/// The steps of `--trace`: FIRST:COUNT, the first step of a run being 1.
struct TraceSteps: Equatable, CustomStringConvertible, WrittenValue {
  var first, count: Int

  static let words =
    "FIRST:COUNT, a step from 1 and a number of steps from 1 to \(Ranges.tracedSteps.range.upperBound)"

  var description: String { "\(first):\(count)" }

  init(first: Int, count: Int) { (self.first, self.count) = (first, count) }

  /// Fifty steps after the first hundred, when caches and clocks have settled; in a short run the last ones.
  init(of steps: Int) {
    count = min(50, steps)
    first = min(101, steps - count + 1)
  }

  init?(written text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count == 2, let first = Ranges.steps.value(parts[0]), let count = Ranges.tracedSteps.value(parts[1])
    else { return nil }
    (self.first, self.count) = (first, count)
  }

  /// Counted from 0.
  ///
  /// - Throws: where a run of `steps` steps does not have them.
  func range(of steps: Int) throws -> Range<Int> {
    let end = first - 1 + count
    guard end <= steps else {
      throw OptionError("trace-steps \(self) ends after the run's last step, \(steps)")
    }
    return first - 1..<end
  }
}
