import DataParallel
import Foundation
import GPT
import Schemas

extension CriticalBatch {
  /// B_noise of the hyperbola through the points. Its interval is by the jackknife, which leaves one point out after the other:
  /// the points scatter by the seeds of the search, and no batch's by as much as another's.
  ///
  /// The logarithm is what is nearly normal: B_noise is a quotient.
  ///
  /// - Returns: nil where the points have no hyperbola.
  init?(_ points: [BatchSteps], predictionsPerName: Double) {
    guard let whole = Hyperbola(points) else { return nil }
    self.init()
    (names, predictions) = (whole.bNoise, whole.bNoise * predictionsPerName)
    let others = points.indices.compactMap { left in
      Hyperbola(points.enumerated().filter { $0.offset != left }.map(\.element)).map { log($0.bNoise) }
    }
    // Where a single point decides whether there is a hyperbola, as of three, nothing is known of its error.
    guard others.count == points.count else { return }
    let count = Double(points.count)
    let mean = others.reduce(0, +) / count
    let variance = others.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) * (count - 1) / count
    // Two of the points go into the two parameters.
    let factor = exp(studentQuantile(degrees: count - 2) * variance.squareRoot())
    (namesLow, namesHigh) = (names / factor, names * factor)
    (predictionsLow, predictionsHigh) = (predictions / factor, predictions * factor)
  }
}

extension NoisePoint {
  /// - Parameter steps: of the whole run.
  init(_ scale: NoiseScale, step: Int, of steps: Int) {
    self.init()
    (self.step, share) = (step, Double(step) / Double(steps))
    (names, namesLow, namesHigh) = (scale.inNames.estimate, scale.inNames.low, scale.inNames.high)
    (predictions, predictionsLow) = (scale.inPredictions.estimate, scale.inPredictions.low)
    predictionsHigh = scale.inPredictions.high
  }
}

extension NameTable {
  var predictionsPerName: Double { Double(names.reduce(0) { $0 + $1.positions }) / Double(max(names.count, 1)) }
}
