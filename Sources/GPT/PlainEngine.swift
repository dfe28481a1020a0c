import Kernels

/// An engine that derives no weights from the parameters, and updates them in plain loops.
public protocol PlainEngine: Engine {}

extension PlainEngine {
  /// There are no copies to renew.
  public func parametersChanged(_ parameters: UnsafePointer<Float>, in range: Range<Int>) {}

  public func adam(_ slice: AdamSlice, gradients: Gradients) {
    let (model, i) = (slice.model, slice.range.lowerBound)
    Scalar<Float>.adam(
      count: slice.range.count, learningRate: Float(slice.learningRate), beta2: Float(slice.beta2),
      firstPower: Float(slice.power(of: AdamStep.beta1)), secondPower: Float(slice.power(of: slice.beta2)),
      gradients: gradients, offset: i, parameters: model.parameters + i, first: model.first + i,
      second: model.second + i)
  }
}
