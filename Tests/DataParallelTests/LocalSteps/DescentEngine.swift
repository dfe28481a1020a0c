import GPT
import Kernels

/// An engine whose update is plain gradient descent: θ −= rate · gradient. Its moments stay as they are.
///
/// With Adam a mean of updates is not the update of a mean. With this one it is.
final class DescentEngine: Engine {
  private let engine: any Engine

  init(_ settings: EngineOptions, shape: Shape, names: Int) { engine = settings.make(shape: shape, names: names) }

  var shape: Shape { engine.shape }
  var work: StepWork { engine.work }

  func forward(_ names: UnsafeBufferPointer<Name>, parameters: UnsafePointer<Float>, scale: Double) -> Double {
    engine.forward(names, parameters: parameters, scale: scale)
  }

  func backward(
    parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, isFinal: (_ from: Int) -> Void
  ) { engine.backward(parameters: parameters, gradient: gradient, isFinal: isFinal) }

  func parametersChanged(_ parameters: UnsafePointer<Float>, in range: Range<Int>) {
    engine.parametersChanged(parameters, in: range)
  }

  func adam(_ slice: AdamSlice, gradients: Gradients) {
    let rate = Float(slice.learningRate)
    for index in slice.range {
      slice.model.parameters[index] -= rate * gradients.reduce(0) { $0 + $1[index] }
    }
    engine.parametersChanged(slice.model.parameters, in: slice.range)
  }
}
