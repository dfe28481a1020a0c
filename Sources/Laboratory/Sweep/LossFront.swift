import Schemas
import Values

/// Loss against the seconds of a trial's steps, with the front that no trial outdoes in both.
enum LossFront {
  static func figures(_ file: SweepFile) -> [Figure] {
    [
      figure(file, name: "training-loss", title: "Training loss against time", isTraining: true, \.trainingLoss),
      figure(file, name: "held-out-loss", title: "Held-out loss against time", isTraining: false, \.heldOutLoss),
    ].compactMap { $0 }
  }

  private static func figure(
    _ file: SweepFile, name: String, title: String, isTraining: Bool, _ loss: (TrialRecord) -> Double?
  ) -> Figure? {
    let trials = file.trials.compactMap { trial -> (c: Int, seconds: Double, loss: Double)? in
      guard trial.isFinished, trial.seconds > 0, trial.seconds.isFinite, let loss = loss(trial),
        loss.isFinite
      else { return nil }
      return (trial.c, trial.seconds, loss)
    }
    guard trials.count > 1 else { return nil }
    let widths = Set(trials.map(\.c)).sorted()
    let seed = isTraining ? SeedPoints.near(trials.map(\.seconds)) : []
    var script = GnuplotScript(
      name: name, shape: .wide(rows: 10), title: title, subtitle: file.machine.inShort,
      entries: widths.count + 1 + (file.target == nil ? 0 : 1) + (seed.isEmpty ? 0 : 1))
    script.add("set lmargin 10")
    LogarithmicAxis.add("x", around: trials.map(\.seconds) + seed.map(\.seconds), to: &script)
    script.add("set xlabel 'seconds of the steps'")
    script.add("set ylabel 'loss (nats per prediction)'")
    let (low, high) = range(losses: trials.map(\.loss), others: seed.map(\.loss) + [file.target].compactMap { $0 })
    script.add("set yrange [\(low):\(high)]")
    var parts: [String] = []
    for (index, c) in widths.enumerated() {
      let rows = trials.filter { $0.c == c }.map { [$0.seconds, $0.loss] }
      guard let data = script.data(rows, comment: "C = \(c): seconds, loss") else { continue }
      parts.append("\(data) using 1:2 with points \(Appearance.line(number: index).points()) title 'C = \(c)'")
    }
    let front = front(trials.map { ($0.seconds, $0.loss) })
    // To the slowest: more time does not help.
    let end = [trials.map(\.seconds).max() ?? .nan, front.last?.loss ?? .nan]
    if let data = script.data(front.map { [$0.seconds, $0.loss] } + [end], comment: "the front: seconds, loss") {
      parts.append("\(data) using 1:2 with steps lc rgb '#000000' lw 1.6 title 'front'")
    }
    if let target = file.target, target.isFinite { parts.append(GnuplotScript.target(target)) }
    if let data = script.data(seed.map { [$0.seconds, $0.loss] }, comment: "\(SeedPoints.machine): seconds, loss") {
      parts.append("\(data) using 1:2 with points lc rgb '#888888' pt 2 ps 0.9 title '\(SeedPoints.machine)'")
    }
    script.plot(parts)
    return Figure(script, caption: caption(above: trials.count { $0.loss > high }, hasSeed: !seed.isEmpty))
  }

  private static func caption(above: Int, hasSeed: Bool) -> String {
    [
      "Every trial that finished. No trial lies below and left of the front.",
      above == 0 ? nil : "\(plural(above, "trial")) lie\(above == 1 ? "s" : "") above what is shown.",
      hasSeed ? "Crosses: what \(SeedPoints.machine), reached by its own account." : nil,
    ].compactMap { $0 }.joined(separator: " ")
  }

  /// Trials that went wild would press all others together; what else is drawn is to be seen.
  private static func range(losses: [Double], others: [Double]) -> (low: Double, high: Double) {
    let others = others.filter(\.isFinite)
    let (best, worst) = (losses.min() ?? 0, losses.max() ?? 0)
    let low = min(best, others.min() ?? best)
    let high = max(min(worst, best + 0.6), others.max() ?? best, low + 0.1)
    return (low - 0.03, high + 0.03)
  }

  /// Those that none is both faster and better than, fastest first.
  static func front(_ points: [(seconds: Double, loss: Double)]) -> [(seconds: Double, loss: Double)] {
    var front: [(seconds: Double, loss: Double)] = []
    for point in points.sorted(by: { ($0.seconds, $0.loss) < ($1.seconds, $1.loss) })
    where front.last.map({ point.loss < $0.loss }) ?? true { front.append(point) }
    return front
  }
}
