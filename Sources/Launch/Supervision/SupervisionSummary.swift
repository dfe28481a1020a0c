import Values

/// What is said at the end of a job that was started more than once.
struct SupervisionSummary {
  var starts = 0
  var leftOut: Set<String> = []
  var lost = LostWork()

  /// Nil where there is nothing to tell.
  var line: String? {
    guard starts > 1 else { return nil }
    var parts = [plural(starts, "start")]
    if lost.steps == 0 {
      parts.append("no step done twice")
    } else {
      let seconds = lost.seconds < 99.95 ? fixed(lost.seconds, 1) : grouped(Int(min(lost.seconds, 1e15).rounded()))
      parts.append("\(plural(lost.steps, "step")) done twice (\(seconds) s)")
    }
    if !leftOut.isEmpty { parts.append("left out: \(leftOut.sorted().joined(separator: ", "))") }
    return parts.joined(separator: "; ")
  }
}
