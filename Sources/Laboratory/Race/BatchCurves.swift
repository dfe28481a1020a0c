import Schemas
import Values

/// The figures of what a batch is good for.
enum BatchCurves {
  /// The measured hyperbola, with marks at the critical batch and at the noise scale: what the steps say, and what the
  /// gradients say.
  static func stepsAgainstBatch(_ file: RaceFile) -> Figure? {
    guard file.stepsToTarget.count > 1 else { return nil }
    let steps = file.stepsToTarget.map { Double($0.steps) }
    let noise = (file.noiseScale ?? []).compactMap(\.names)
    let marked = noise + [file.criticalBatch?.names].compactMap { $0 }
    var script = GnuplotScript(
      name: "steps-against-batch", title: "Steps to the target against batch", subtitle: file.machine.inShort,
      entries: 4, columns: 2)
    script.add("set lmargin 10")
    LogarithmicAxis.add("x", around: file.stepsToTarget.map { Double($0.batch) } + marked, to: &script)
    LogarithmicAxis.add("y", around: steps + [file.hyperbola?.sMin].compactMap { $0 }, to: &script)
    script.add("set xlabel 'names in a batch'")
    script.add("set ylabel 'steps'")
    var parts: [String] = []
    let rows = zip(file.stepsToTarget, steps).map { [Double($0.batch), $1] }
    if let data = script.data(rows, comment: "batch, steps") {
      parts.append("\(data) using 1:2 with points \(Appearance.line(number: 0).points()) title 'shortest schedule'")
    }
    if let law = file.hyperbola {
      parts.append(
        "\(law.sMin) * (1 + \(law.bNoise) / x) with lines lc rgb '#000000' lw 1.4 title "
          + "'\(significant(law.sMin)) (1 + \(significant(law.bNoise)) / B)'")
      if let critical = file.criticalBatch,
        let data = script.data(
          [
            [
              critical.names, 2 * law.sMin, critical.namesLow ?? critical.names, critical.namesHigh ?? critical.names,
            ]
          ], comment: "critical batch, twice the fewest steps, interval")
      {
        parts.append(
          "\(data) using 1:2:3:4 with xerrorbars \(Appearance.line(number: 4).points()) title 'critical batch'")
      }
      // On the curve, where a batch of this size would be.
      let own = noise.map { [$0, law.steps(batch: $0)] }
      if let data = script.data(own, comment: "noise scale, steps at such a batch") {
        parts.append(
          "\(data) using 1:2 with points \(Appearance.line(number: 2).points()) title 'noise scale during a run'")
      }
    }
    script.plot(parts)
    return Figure(
      script,
      caption: "C = \(file.knobsC ?? 0), the rate tuned at each batch. A larger batch saves fewer and fewer steps."
        + (marked.isEmpty
          ? ""
          : " At the critical batch, with its interval of 95 %, a training takes twice the fewest steps. The noise scale, a "
            + "batch at which the gradient is as much noise as signal, was measured at several points of a run."))
  }

  static func noiseAgainstSteps(_ file: RaceFile) -> Figure? {
    let points = (file.noiseScale ?? []).compactMap { point in
      point.names.map { [Double(point.step), $0, point.namesLow ?? $0, point.namesHigh ?? $0] }
    }
    guard points.count > 1 else { return nil }
    var script = GnuplotScript(
      name: "noise-scale", title: "Gradient noise scale during the fastest run", subtitle: file.machine.inShort,
      entries: 2)
    script.add("set lmargin 10")
    let critical = file.criticalBatch.map(\.names)
    LogarithmicAxis.add("y", around: points.flatMap { $0.dropFirst() } + [critical].compactMap { $0 }, to: &script)
    script.add("set xrange [0:*]")
    script.add("set xlabel 'steps'")
    script.add("set ylabel 'names'")
    var parts: [String] = []
    if let data = script.data(points, comment: "steps, noise scale, interval") {
      parts.append(
        "\(data) using 1:2:3:4 with yerrorlines \(Appearance.line(number: 2).words()) title 'noise scale'")
    }
    if let critical { parts.append("\(critical) with lines lc rgb '#000000' lw 1.2 dt 2 title 'critical batch'") }
    script.plot(parts)
    return Figure(
      script,
      caption:
        "The gradient's noise over its signal, in names, with intervals of 95 %: the further a training is, the larger "
        + "the batch that is worth its names.")
  }
}
