import Laboratory
import Values

/// Shows how far a race is: its stage, how much of that is over, and how long it may take still.
final class RaceReporter {
  private let display: ProgressDisplay
  private let limit: Double?
  private var (stage, start) = ("", 0.0)

  /// - Parameter limit: seconds after which nothing new begins; nil for none.
  init(_ display: ProgressDisplay, limit: Double?) { (self.display, self.limit) = (display, limit) }

  func show(_ progress: RaceProgress) {
    switch progress {
    case .stage(let name):
      (stage, start) = (name, display.seconds)
      show(share: 0, atOnce: true)
    case .share(let share): show(share: share, atOnce: false)
    }
  }

  private func show(share: Double, atOnce: Bool) {
    let (display, limit, stage, start, then) = (display, limit, stage, start, display.seconds)
    display.show(atOnce: atOnce) {
      let now = display.seconds
      var fields: [LiveLine.Field] = [(clock(seconds: now), 0), (stage, 3)]
      if share > 0 {
        let left = max(0, (then - start) / share - (now - start))
        fields += [("\(fixed(100 * share, 0)) % of it", 1), ("\(clock(seconds: left)) left of it", 2)]
      }
      if let limit { fields.append(("nothing new begins in \(clock(seconds: max(0, limit - now)))", 1)) }
      return fields
    }
  }
}
