import Kernels

/// A whole model in training as three flat arrays in canonical order, in memory that somebody else keeps.
public struct ModelArrays {
  /// (P)
  public let parameters: UnsafeMutablePointer<Float>
  /// (P): Adam's running means of the gradient and of its square.
  public let first, second: UnsafeMutablePointer<Float>
  /// (P): sums of the parameters after each of the run's last steps; nil where no mean is wanted.
  public let sums: UnsafeMutablePointer<Double>?
  /// (P): momentum of the outer update of groups of ranks; nil where there is none.
  public let outerMomentum: UnsafeMutablePointer<Float>?

  public init(
    parameters: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>,
    sums: UnsafeMutablePointer<Double>? = nil, outerMomentum: UnsafeMutablePointer<Float>? = nil
  ) {
    (self.parameters, self.first, self.second, self.sums) = (parameters, first, second, sums)
    self.outerMomentum = outerMomentum
  }
}

/// A parameter of the mean of several models, rounded once: the same wherever it is worked out.
public func averageParameter(sum: Double, steps: Int) -> Float { Float(sum / Double(steps)) }

/// One Adam update of a part of a model: all of it, or what one rank updates.
public struct AdamSlice {
  /// Of which `range` is updated in place.
  public var model: ModelArrays
  /// In the engine's tile order (`ReplicaLayout`).
  public var range: Range<Int>
  /// Of this step, the schedule applied.
  public var learningRate: Double
  /// t = step + 1.
  public var update: Int
  /// β₂
  public var beta2: Double

  public init(
    _ model: ModelArrays, range: Range<Int>, learningRate: Double, update: Int, beta2: Double = AdamStep.usualBeta2
  ) {
    self.model = model
    self.range = range
    self.learningRate = learningRate
    self.update = update
    self.beta2 = beta2
  }

  /// Adam's constants.
  func step(_ arithmetic: Arithmetic) -> AdamStep {
    AdamStep(
      learningRate: learningRate, firstPower: power(of: AdamStep.beta1), secondPower: power(of: beta2), beta2: beta2,
      arithmetic: arithmetic)
  }

  /// βᵗ, by repeated multiplication in a fixed order, so that it is the same everywhere.
  func power(of beta: Double) -> Double {
    var result = 1.0
    var factor = beta
    var exponent = update
    while exponent > 0 {
      if exponent & 1 == 1 { result *= factor }
      factor *= factor
      exponent >>= 1
    }
    return result
  }
}
