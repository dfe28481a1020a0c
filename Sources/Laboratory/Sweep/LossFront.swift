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
      guard trial.outcome == "finished", trial.seconds > 0, trial.seconds.isFinite, let loss = loss(trial),
        loss.isFinite
      else { return nil }
      return (trial.c, trial.seconds, loss)
    }
    guard trials.count > 1 else { return nil }
    let widths = Set(trials.map(\.c)).sorted()
    let seed = isTraining ? SeedPoints.points : []
    var script = GnuplotScript(
      name: name, shape: .wide(rows: 10), title: title, subtitle: file.machine.inShort,
      entries: widths.count + (isTraining ? 3 : 2))
    script.add("set lmargin 10")
    LogarithmicAxis.add("x", around: trials.map(\.seconds) + seed.map(\.seconds), to: &script)
    script.add("set xlabel 'seconds of the steps'")
    script.add("set ylabel 'loss (nats per prediction)'")
    // Trials that went wild would press all others together; the target is to be seen.
    let losses = trials.map(\.loss).sorted()
    let low = min(losses[0], file.target ?? .infinity, seed.map(\.loss).min() ?? .infinity)
    script.add("set yrange [\(low - 0.03):\(max(low + 0.1, min(losses[losses.count - 1], losses[0] + 0.6)) + 0.03)]")
    var parts: [String] = []
    for (index, c) in widths.enumerated() {
      let rows = trials.filter { $0.c == c }.map { [$0.seconds, $0.loss] }
      guard let data = script.data(rows, comment: "C = \(c): seconds, loss") else { continue }
      parts.append("\(data) using 1:2 with points \(Appearance.line(number: index).points()) title 'C = \(c)'")
    }
    let front = front(trials.map { ($0.seconds, $0.loss) })
    if let data = script.data(front.map { [$0.seconds, $0.loss] }, comment: "the front: seconds, loss") {
      parts.append("\(data) using 1:2 with steps lc rgb '#000000' lw 1.6 title 'front'")
    }
    if let target = file.target, target.isFinite {
      parts.append("\(target) with lines lc rgb '#555555' lw 1.2 dt 2 title 'target \(significant(target))'")
    }
    if let data = script.data(seed.map { [$0.seconds, $0.loss] }, comment: "\(SeedPoints.machine): seconds, loss") {
      parts.append("\(data) using 1:2 with points lc rgb '#888888' pt 2 ps 0.9 title '\(SeedPoints.machine)'")
    }
    script.plot(parts)
    let reference = isTraining ? " Crosses: the numbers that the single-core story gives for itself." : ""
    return Figure(
      script,
      caption: "Every finished trial. No trial lies below and left of the front.\(reference)")
  }

  /// Those that none is both faster and better than, fastest first.
  static func front(_ points: [(seconds: Double, loss: Double)]) -> [(seconds: Double, loss: Double)] {
    var front: [(seconds: Double, loss: Double)] = []
    for point in points.sorted(by: { ($0.seconds, $0.loss) < ($1.seconds, $1.loss) })
    where front.last.map({ point.loss < $0.loss }) ?? true { front.append(point) }
    return front
  }
}

extension SweepMachine {
  /// The machine's name beside a figure.
  var inShort: String {
    "\(cpu.replacing("(R)", with: "").replacing("(TM)", with: "")), \(isa)"
  }
}
