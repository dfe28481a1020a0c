import GPT
import TestSupport
import Testing

@testable import DataParallel

@Suite("passes over a shard in pieces")
struct ShardPassTests {
  private func names(_ count: Int) -> [Name] {
    var random = SeededRandom(seed: UInt64(count))
    return (0..<count).map { _ in
      random.letters(length: 1...12, alphabet: 6).withUnsafeBufferPointer { Name(letters: $0) }
    }.sorted()
  }

  private func parameters(_ shape: Shape) -> AlignedBuffer<Float> {
    let parameters = AlignedBuffer<Float>(zeros: shape.parameterCount)
    shape.initialise(parameters.pointer, seed: 3)
    return parameters
  }

  /// Lengths at which pieces begin, and those that do not come out even.
  @Test("are those of the whole shard, and what is called final stays", arguments: [0, 1, 16, 384, 385, 1000, 1921])
  func pieces(count: Int) throws {
    let shape = try Shape(dModel: 16, heads: 4)
    let most = ShardPass.mostNames(shape)
    #expect(most == 384)
    let names = names(count)
    let parameters = parameters(shape)
    func engine(_ capacity: Int) -> any Engine {
      let engine = EngineOptions(kind: .simd).make(shape: shape, names: capacity)
      engine.parametersChanged(parameters.pointer)
      return engine
    }
    let whole = engine(max(count, 1))
    let expected = AlignedBuffer<Float>(zeros: shape.parameterCount)
    let expectedLoss = names.withUnsafeBufferPointer { whole.forward($0, parameters: parameters.pointer, scale: 1e-3) }
    whole.backward(parameters: parameters.pointer, gradient: expected.pointer)

    let pass = ShardPass(engine(most), parameters: parameters.pointer, names: count)
    let gradient = AlignedBuffer<Float>(zeros: shape.parameterCount)
    gradient.pointer.update(repeating: .nan, count: gradient.count)
    var clock = PhaseClock(trace: nil)
    var final: [(from: Int, values: [Float])] = []
    let loss = names.withUnsafeBufferPointer {
      pass.run($0, scale: 1e-3, gradient: gradient.pointer, &clock) { from in
        final.append((from, Array(gradient.buffer[from...])))
      }
    }
    #expect(abs(loss - expectedLoss) <= 1e-6 * expectedLoss)
    let largest = expected.buffer.map(abs).max() ?? 0
    let error = zip(gradient.buffer, expected.buffer).map { abs($0 - $1) }.max() ?? 0
    #expect(error <= 1e-5 * largest, "\(count) names")
    #expect(final.last?.from == 0 && final.map(\.from) == final.map(\.from).sorted(by: >))
    for (from, values) in final { #expect(values == Array(gradient.buffer[from...]), "from \(from)") }
    // A piece computes once more what its first name shares with the last of the piece before.
    let (pieces, rows) = ((count + most - 1) / most, count == 0 ? 0 : whole.work.rows)
    #expect((rows...rows + max(pieces - 1, 0) * Shape.context).contains(pass.work.rows))
  }

  @Test("a wide model's pieces are smaller, and never smaller than the usual batch")
  func widths() throws {
    let most = try [16, 32, 64, 128, 256, 512, 1024].map { ShardPass.mostNames(try Shape(dModel: $0, heads: 4)) }
    #expect(most == [384, 192, 96, 48, 24, 16, 16])
  }
}
