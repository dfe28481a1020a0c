import GPT

/// Another engine, which is given the names of a shard one by one: what a batch is for an engine that takes single
/// names.
final class OneNameAtATime: Engine {
  private let engine: any Engine
  /// (P): the sum over the names, and one name's.
  private let sum, own: AlignedBuffer<Float>
  private var names: [Name] = []

  var shape: Shape { engine.shape }
  var work: StepWork { StepWork(shape: shape, apart: names) }

  init(_ engine: any Engine) {
    self.engine = engine
    sum = AlignedBuffer(zeros: engine.shape.parameterCount)
    own = AlignedBuffer(zeros: engine.shape.parameterCount)
  }

  /// Runs the names' backward passes too: the next name's forward pass overwrites what they need.
  func forward(_ names: UnsafeBufferPointer<Name>, parameters: UnsafePointer<Float>, scale: Double) -> Double {
    self.names = Array(names)
    sum.pointer.update(repeating: 0, count: shape.parameterCount)
    var loss = 0.0
    for index in names.indices {
      let name = UnsafeBufferPointer(rebasing: names[index...index])
      loss += engine.forward(name, parameters: parameters, scale: scale)
      engine.backward(parameters: parameters, gradient: own.pointer)
      for i in 0..<shape.parameterCount { sum[i] += own[i] }
    }
    return loss
  }

  func backward(
    parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, isFinal: (_ from: Int) -> Void
  ) {
    gradient.update(from: sum.pointer, count: shape.parameterCount)
    isFinal(0)
  }

  func parametersChanged(_ parameters: UnsafePointer<Float>, in range: Range<Int>) {
    engine.parametersChanged(parameters, in: range)
  }

  func adam(_ slice: AdamSlice, gradients: Gradients) { engine.adam(slice, gradients: gradients) }
}
