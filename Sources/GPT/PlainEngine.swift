import Kernels

/// An engine that derives no weights from the parameters, and updates them in plain loops.
public protocol PlainEngine: Engine {}

extension PlainEngine {
  /// There are no copies to renew.
  public func parametersChanged(_ parameters: UnsafePointer<Float>, in range: Range<Int>) {}

  public func adam(
    range: Range<Int>, learningRate: Double, update: Int, gradients: Gradients,
    parameters: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>,
    second: UnsafeMutablePointer<Float>
  ) {
    let i = range.lowerBound
    Scalar<Float>.adam(
      count: range.count, learningRate: Float(learningRate),
      firstPower: Float(Self.power(AdamStep.beta1, update)),
      secondPower: Float(Self.power(AdamStep.beta2, update)), gradients: gradients, offset: i,
      parameters: parameters + i, first: first + i, second: second + i)
  }
}
