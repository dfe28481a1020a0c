import Schemas
import Values

/// Training loss over the time of a trial's steps, of the five with the best held-out loss.
enum LossCurves {
  static func figures(_ file: SweepFile) -> [Figure] {
    let best = file.bestByHeldOutLoss(most: 5).filter { $0.curve.count > 1 && $0.seconds > 0 }
    guard let lowest = best.flatMap(\.curve).filter(\.isFinite).min() else { return [] }
    return [figure(file, best, lowest: lowest)]
  }

  private static func figure(_ file: SweepFile, _ best: [TrialRecord], lowest: Double) -> Figure {
    // The first parts fall from 3.3: what is of interest lies below.
    let (low, high) = (lowest - 0.03, lowest + 0.6)
    let target = file.target.flatMap { low < $0 && $0 < high ? $0 : nil }
    var script = GnuplotScript(
      name: "loss-curves", shape: .wide(rows: 12), title: "Training loss of the best", subtitle: file.machine.inShort,
      entries: best.count + (target == nil ? 0 : 1), columns: 1)
    script.add("set lmargin 10")
    script.add("set xrange [0:*]")
    script.add("set yrange [\(low):\(high)]")
    script.add("set xlabel 'seconds of the steps'")
    script.add("set ylabel 'training loss (nats per prediction)'")
    let hasSeveralSeeds = Set(file.trials.map(\.seed)).count > 1
    var parts: [String] = []
    for (index, trial) in best.enumerated() {
      let count = Double(trial.curve.count)
      let rows = trial.curve.enumerated().map { [trial.seconds * (Double($0) + 0.5) / count, $1] }
      let settings = trial.settingsText + (hasSeveralSeeds ? ", seed \(trial.seed)" : "")
      guard let data = script.data(rows, comment: "\(settings): seconds, loss") else { continue }
      parts.append(
        "\(data) using 1:2 with lines \(Appearance.line(number: index).words()) title "
          + GnuplotScript.quoted("\(settings): held out \(TrialRecord.lossText(trial.heldOutLoss))", longest: 110))
    }
    if let target { parts.append(GnuplotScript.target(target)) }
    script.plot(parts)
    return Figure(
      script,
      caption:
        "\(best.count == 1 ? "The trial" : "The \(best.count) trials") with the best held-out loss. Each point is"
        + " the mean of one of at most 32 equal parts of the steps, at the middle of its time.")
  }
}
