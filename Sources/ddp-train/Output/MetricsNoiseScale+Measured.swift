import DataParallel
import Schemas

extension MetricsNoiseScale {
  /// - Parameter step: steps done.
  init(_ scale: NoiseScale, after step: Int) {
    self.init()
    self.step = step
    (noiseScale, noiseScaleLow, noiseScaleHigh) = (scale.inNames.estimate, scale.inNames.low, scale.inNames.high)
    (predictions, predictionsLow) = (scale.inPredictions.estimate, scale.inPredictions.low)
    predictionsHigh = scale.inPredictions.high
    (gradientNoise, gradientSquared) = (scale.noise, scale.gradientSquared)
    (groups, names) = (scale.groups, scale.names)
  }
}
