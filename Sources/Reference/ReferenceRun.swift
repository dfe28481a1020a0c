import GPT

/// The reference's steps, done by one of this build's engines.
struct ReferenceRun {
  private(set) var losses: [Double] = []
  /// (P) each, canonical order: of the first step, and after the last.
  private(set) var gradient: [Float] = []
  private(set) var final: [Float] = []

  init(_ reference: ReferenceCase, engine options: EngineOptions) {
    let engine = options.make(shape: reference.shape, names: reference.largestBatch)
    let count = reference.shape.parameterCount
    let memory = AlignedBuffer<Float>(zeros: 3 * count)
    let parameters = memory.pointer
    let model = ModelArrays(parameters: parameters, first: parameters + count, second: parameters + 2 * count)
    var stepGradient = [Float](repeating: 0, count: count)
    parameters.update(from: reference.initial, count: count)
    engine.parametersChanged(parameters)
    for (step, batch) in reference.batches.enumerated() {
      let names = batch.sorted()
      let positions = names.reduce(0) { $0 + $1.positions }
      let loss = names.withUnsafeBufferPointer {
        engine.forward($0, parameters: parameters, scale: 1 / Double(positions))
      }
      losses.append(loss / Double(positions))
      engine.backward(parameters: parameters, gradient: &stepGradient)
      if step == 0 { gradient = stepGradient }
      let decay = 1 - Double(step) / Double(reference.batches.count)
      engine.adam(
        AdamSlice(model, range: 0..<count, learningRate: reference.learningRate * decay, update: step + 1),
        gradient: stepGradient)
    }
    final = Array(memory.buffer[..<count])
  }
}
