import GPT

/// The reference's steps, done by one of this build's engines.
struct ReferenceRun {
  private(set) var losses: [Double] = []
  /// (P) each, canonical order: of the first step, and after the last.
  private(set) var gradient: [Float] = []
  private(set) var final: [Float]

  init(_ reference: ReferenceCase, engine options: EngineOptions) {
    let engine = options.make(shape: reference.shape, names: reference.largestBatch)
    let count = reference.shape.parameterCount
    var (first, second) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    var stepGradient = [Float](repeating: 0, count: count)
    final = reference.initial
    engine.parametersChanged(final)
    for (step, batch) in reference.batches.enumerated() {
      let names = batch.sorted()
      let positions = names.reduce(0) { $0 + $1.positions }
      let loss = names.withUnsafeBufferPointer {
        engine.forward($0, parameters: final, scale: 1 / Double(positions))
      }
      losses.append(loss / Double(positions))
      engine.backward(parameters: final, gradient: &stepGradient)
      if step == 0 { gradient = stepGradient }
      let decay = 1 - Double(step) / Double(reference.batches.count)
      engine.adam(
        range: 0..<count, learningRate: reference.learningRate * decay, update: step + 1,
        gradient: stepGradient, parameters: &final, first: &first, second: &second)
    }
  }
}
