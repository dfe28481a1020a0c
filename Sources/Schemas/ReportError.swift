/// Why there is no report.
public enum ReportError: Error, Equatable, CustomStringConvertible {
  /// Nothing of this name is in PATH.
  case noGnuplot
  /// Which script, and gnuplot's own words.
  case gnuplot(script: String, reason: String)
  /// Not JSON, or not what a command writes.
  case notAReport(String)
  /// Two files that say nothing about each other, and why.
  case doesNotFit(String)
  /// A file or folder that cannot be written.
  case notWritten(path: String, reason: String)

  public var description: String {
    switch self {
    case .noGnuplot:
      "gnuplot is not in PATH, and draws the report's figures: apt install gnuplot-nox"
    case .gnuplot(let script, let reason): "gnuplot \(script): \(reason)"
    case .notAReport(let reason): "not results of ddp-train: \(reason)"
    case .doesNotFit(let reason): reason
    case .notWritten(let path, let reason): "\(path): \(reason)"
    }
  }
}
