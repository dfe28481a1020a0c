import GPT
import TestSupport

extension Name {
  init(_ letters: [UInt8]) { self = letters.withUnsafeBufferPointer { Name(letters: $0) } }

  /// From letters a–z.
  init(_ spelling: String) { self.init(spelling.utf8.map { $0 - UInt8(ascii: "a") }) }
}

/// An engine with the default switches.
func makeEngine(_ kind: EngineKind, shape: Shape, names: Int) -> any Engine {
  var options = EngineOptions()
  options.kind = kind
  return options.make(shape: shape, names: names)
}

/// Names of one letter, of up to 20, and some twice: what a shard may hold, sorted as engines want it.
func randomNames(_ count: Int, alphabet: Int = 26, random: inout SeededRandom) -> [Name] {
  var names: [Name] = []
  while names.count < count {
    let length = [1...1, 2...8, 2...8, 2...8, 14...20][random.int(below: 5)]
    names.append(Name(random.letters(length: length, alphabet: alphabet)))
    if names.count < count, random.int(below: 6) == 0, let last = names.last { names.append(last) }
  }
  return names.sorted()
}

/// Predicted positions of all names.
func positions(_ names: [Name]) -> Int { names.reduce(0) { $0 + $1.positions } }

/// Random parameters; the standard deviation of 0.08 is a new model's, a larger one makes sharper attention.
func randomParameters(_ shape: Shape, seed: UInt64, deviation: Float = 0.08) -> [Float] {
  var parameters = [Float](repeating: 0, count: shape.parameterCount)
  shape.initialise(&parameters, seed: seed)
  return parameters.map { $0 * deviation / 0.08 }
}

/// The loss sum and the gradient of `scale` times it.
func pass(
  _ engine: any Engine, _ names: [Name], _ parameters: [Float], scale: Double
) -> (loss: Double, gradient: [Float]) {
  // Whatever the engine leaves unwritten shows.
  var gradient = [Float](repeating: .nan, count: engine.shape.parameterCount)
  engine.parametersChanged(parameters)
  let loss = names.withUnsafeBufferPointer { engine.forward($0, parameters: parameters, scale: scale) }
  engine.backward(parameters: parameters, gradient: &gradient)
  return (loss, gradient)
}

/// A whole training run in process: engine, parameters, moments, data.
struct Trainer {
  let engine: any Engine
  var parameters: [Float]
  private var first, second, gradient: [Float]
  private let sampler: BatchSampler
  private let table: NameTable
  private var indices: [UInt32]

  init(_ kind: EngineKind, shape: Shape, table: NameTable, batch: Int, seed: UInt64) {
    engine = makeEngine(kind, shape: shape, names: batch)
    parameters = randomParameters(shape, seed: seed)
    first = [Float](repeating: 0, count: shape.parameterCount)
    second = first
    gradient = first
    sampler = BatchSampler(seed: seed, names: table.count, batch: batch)
    self.table = table
    indices = [UInt32](repeating: 0, count: batch)
    engine.parametersChanged(parameters)
  }

  /// The mean loss of the step's batch before the update.
  mutating func step(_ step: Int, of steps: Int, learningRate: Double) -> Double {
    indices.withUnsafeMutableBufferPointer { sampler.sortedBatch(step: step, into: $0) }
    let names = indices.map { table.names[Int($0)] }
    let scale = 1 / Double(positions(names))
    let loss = names.withUnsafeBufferPointer { engine.forward($0, parameters: parameters, scale: scale) }
    engine.backward(parameters: parameters, gradient: &gradient)
    engine.adam(
      range: 0..<parameters.count, learningRate: learningRate * (1 - Double(step) / Double(steps)),
      update: step + 1, gradient: gradient, parameters: &parameters, first: &first, second: &second)
    return loss * scale
  }
}

extension Engine {
  /// As `adam` of a slice, for a model in Swift's own arrays.
  func adam(
    range: Range<Int>, learningRate: Double, update: Int, beta2: Double = 0.99, gradient: UnsafePointer<Float>,
    parameters: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>
  ) {
    let model = ModelArrays(parameters: parameters, first: first, second: second)
    adam(
      AdamSlice(model, range: range, learningRate: learningRate, update: update, beta2: beta2), gradient: gradient)
  }
}

/// data/names.txt, sorted.
func readTable() throws -> NameTable { NameTable(try PackagePaths.readNames().map { Name($0) }) }
