import ArgumentParser

/// The steps of `--trace`: FIRST:COUNT, the first step of a run being 1.
struct TraceSteps: Equatable, CustomStringConvertible, ExpressibleByArgument, ConfigurationValue {
  var first, count: Int

  static let kind = "FIRST:COUNT"

  var description: String { "\(first):\(count)" }

  init(first: Int, count: Int) { (self.first, self.count) = (first, count) }

  /// Fifty steps behind the first hundred, when caches and clocks have settled; in a short run the last ones.
  init(of steps: Int) {
    count = min(50, steps)
    first = min(101, steps - count + 1)
  }

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let first = parts[0], let count = parts[1], first >= 1, count >= 1 else { return nil }
    (self.first, self.count) = (first, count)
  }

  init?(configuration text: String) { self.init(argument: text) }

  /// More would be more than a viewer shows.
  static let most = 100_000

  /// Counted from 0.
  ///
  /// - Throws: where a run of `steps` steps does not have them.
  func range(of steps: Int) throws -> Range<Int> {
    guard count <= Self.most else { throw OptionError("trace-steps \(self): at most \(Self.most) steps") }
    let (end, overflows) = (first - 1).addingReportingOverflow(count)
    guard !overflows, end <= steps else {
      throw OptionError("trace-steps \(self) ends behind the run's last step, \(steps)")
    }
    return first - 1..<end
  }
}
