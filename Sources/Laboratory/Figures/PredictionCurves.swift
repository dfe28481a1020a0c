import Schemas
import Values

/// The predictions of a step's model as lines, and the measurements as points; figures for every case.
enum PredictionCurves {
  static func figures(_ report: ScalingReport) -> [Figure] {
    report.predictions.distinct { Case($0) }.flatMap { what -> [Figure] in
      let predictions = report.predictions.filter { Case($0) == what }.sorted { $0.ranks < $1.ranks }
      return [
        time(what, predictions, machine: report.machine), efficiency(what, predictions, report: report),
      ]
    }
  }

  private static func time(_ what: Case, _ predictions: [Prediction], machine: Machine) -> Figure {
    var script = GnuplotScript(
      name: "predicted-time-\(what.name)", title: "Time of a step, predicted, \(what.title)",
      machine: machine, entries: predictions.distinct { $0.strategy }.count)
    ranks(predictions, &script)
    LogarithmicAxis.add(
      "y", around: predictions.flatMap { [$0.usPerStep, $0.measuredUsPerStep ?? $0.usPerStep] }, to: &script)
    script.add("set ylabel 'time of a step (µs)'")
    let parts = curves(
      predictions, &script, predicted: \.usPerStep, measured: { $0.measuredUsPerStep })
    script.plot(parts)
    return Figure(
      script,
      caption: "Lines: the fitted model. Points: measured. " + errors(predictions))
  }

  private static func efficiency(_ what: Case, _ predictions: [Prediction], report: ScalingReport) -> Figure {
    var script = GnuplotScript(
      name: "predicted-efficiency-\(what.name)", title: "Efficiency, predicted, \(what.title)",
      machine: report.machine, entries: 1 + predictions.distinct { $0.strategy }.count)
    ranks(predictions, &script)
    script.add("set yrange [0:1.08]")
    script.add("set ylabel 'efficiency'")
    let measured = report.results(of: what)
    let parts = curves(predictions, &script, predicted: \.efficiency) { prediction in
      measured.first { $0.ranks == prediction.ranks && $0.strategy == prediction.strategy }?.efficiency
    }
    script.plot(["1/x with lines lc rgb '#000000' lw 1.3 title 'one core'"] + parts)
    return Figure(
      script,
      caption:
        "Lines: the fitted model, far beyond what was measured. Points: measured. Below 1/N, one core is faster.")
  }

  private static func ranks(_ predictions: [Prediction], _ script: inout GnuplotScript) {
    let most = Double(predictions.map(\.ranks).max() ?? 1)
    script.add("set xlabel 'ranks N'")
    if most > 64 {
      script.add("set logscale x 10")
      script.add("set format x '%.0s%c'")
      script.add("set mxtics 1")
      script.add("set xrange [0.8:\(most * 1.3)]")
      script.add("set samples 400")
    } else {
      RankAxis(predictions.map(\.ranks)).add(to: &script)
    }
  }

  private static func curves(
    _ predictions: [Prediction], _ script: inout GnuplotScript, predicted: (Prediction) -> Double,
    measured: (Prediction) -> Double?
  ) -> [String] {
    var parts: [String] = []
    for strategy in predictions.distinct({ $0.strategy }) {
      let own = predictions.filter { $0.strategy == strategy }
      let line = Appearance.line(strategy)
      let title = GnuplotScript.quoted(strategy, longest: 20)
      let curve = own.map { [Double($0.ranks), predicted($0)] }.filter { $0[1] > 0 }
      let points = own.compactMap { prediction in measured(prediction).map { [Double(prediction.ranks), $0] } }
      if let data = script.data(curve, comment: "\(strategy), predicted: N, value") {
        parts.append("\(data) using 1:2 with lines lc rgb '\(line.colour)' lw 2 dt \(line.dash) notitle")
      }
      if let data = script.data(points, comment: "\(strategy), measured: N, value") {
        parts.append("\(data) using 1:2 with points \(line.points()) notitle")
      }
      parts.append("NaN with linespoints \(line.words()) title \(title)")
    }
    return parts
  }

  private static func errors(_ predictions: [Prediction]) -> String {
    let errors = predictions.compactMap { $0.error.map(abs) }.filter(\.isFinite)
    guard let largest = errors.max() else { return "Nothing to compare it with was measured." }
    return "Error of the model: median \(fixed(Sample(errors).median * 100, 0)) %, at most \(fixed(largest * 100, 0)) %"
      + " over \(plural(errors.count, "measurement"))."
  }
}
