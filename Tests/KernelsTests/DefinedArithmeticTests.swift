import CSIMD
import TestSupport
import Testing

@testable import Kernels

/// The vector kernels against the same in plain loops, bit for bit but for the sign of a zero, on which nothing depends.
@Suite("the defined arithmetic, in vectors and in plain loops") struct DefinedArithmeticTests {
  /// Numbers of all sizes, denormal ones, zeros of both signs, and numbers of few bits, whose products and sums are often in the
  /// middle between two others.
  private static func numbers(_ count: Int, seed: UInt64, largest: Int = 20) -> [Float] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in
      let usual = random.floats(1)[0]
      switch random.int(below: 12) {
      case 0: return 0
      case 1: return -0.0
      case 2: return Float(sign: usual < 0 ? .minus : .plus, exponent: -149 + random.int(below: 30), significand: 1)
      case 3: return usual * Float(sign: .plus, exponent: -126 + random.int(below: 126 + largest), significand: 1)
      case 4, 5: return Float(random.int(below: 17) - 8) * 0.25
      case 6: return (1 + Float(random.int(below: 3)) * 0x1p-23) * (usual < 0 ? -1 : 1)
      default: return usual
      }
    }
  }

  /// What both write, where it differs.
  private func difference(
    _ count: Int, from start: [Float]? = nil, _ vectors: (UnsafeMutablePointer<Float>) -> Void,
    _ plain: (UnsafeMutablePointer<Float>) -> Void
  ) -> String? {
    csimd_flush_denormals(0)
    var (left, right) = (start ?? [Float](repeating: 7, count: count), start ?? [Float](repeating: 7, count: count))
    vectors(&left)
    plain(&right)
    return left.indices.first { left[$0] != right[$0] }.map { "at \($0): \(left[$0]) in vectors, \(right[$0])" }
  }

  @Test("exponential and logarithm, of all sizes") func functions() {
    for start in stride(from: UInt32(0), to: .max - 0x1_0000, by: 0x1357) {
      let x = (0..<16).map { Float(bitPattern: start &+ $0 * 0x101) }.map { $0.isFinite ? $0 : 1 }
      let vector = x.withUnsafeBufferPointer { Vector($0.baseAddress.unsafelyUnwrapped) }
      let (e, positive) = (DefinedExponential.of(vector), x.map { Swift.max(abs($0), .leastNormalMagnitude) })
      let l = logarithm(positive.withUnsafeBufferPointer { Vector($0.baseAddress.unsafelyUnwrapped) })
      for lane in 0..<16 where x[lane] < 88 {
        if e[lane] != Plain.exponential(x[lane]) || l[lane] != Plain.logarithm(positive[lane]) {
          Issue.record("\(x[lane])")
          return
        }
      }
    }
  }

  @Test("products, with every epilogue", arguments: [1, 2, 5, 6, 7, 13, 33], [16, 48, 64, 80])
  func products(rows: Int, outputs: Int) {
    for inputs in [16, 32, 48] {
      let x = Self.numbers(rows * inputs, seed: UInt64(rows + outputs))
      let weights = Self.numbers(inputs * outputs, seed: UInt64(inputs), largest: 1)
      let residual = Self.numbers(2 * rows * outputs, seed: 3)
      let index = (0..<rows).map { Int32(($0 * 7 + 3) % (2 * rows)) }
      var panels = [Float](repeating: 0, count: inputs * outputs)
      transpose(
        rows: 0, count: outputs, outputs: outputs, inputs: inputs, layout: .panels, source: weights, target: &panels)
      var transposed = panels
      transpose(
        rows: 0, count: outputs, outputs: outputs, inputs: inputs, layout: .rows, source: weights, target: &transposed)
      func forward(_ target: UnsafeMutablePointer<Float>, _ finish: (Float, Int, Int) -> Float) {
        Plain.product(
          Plain.Product(
            rows: rows, columns: outputs, depth: inputs, left: x, leftRow: inputs, right: transposed, rightRow: outputs),
          target: target, targetRow: outputs, finish: finish)
      }
      let wrong = [
        difference(rows * outputs) {
          linear(
            rows: rows, inputs: inputs, outputs: outputs, x: x, xRow: inputs, transposed: panels, y: $0, yRow: outputs)
        } _: {
          forward($0) { sum, _, _ in sum }
        },
        difference(rows * outputs) {
          linearReLU(rows: rows, inputs: inputs, outputs: outputs, x: x, transposed: panels, y: $0)
        } _: {
          forward($0) { sum, _, _ in Plain.max(sum, 0) }
        },
        difference(rows * outputs) {
          linearAdding(
            rows: rows, inputs: inputs, outputs: outputs, x: x, transposed: panels, residual: residual, y: $0)
        } _: {
          forward($0) { sum, row, column in sum + residual[row * outputs + column] }
        },
        difference(rows * outputs) {
          linearAddingGathered(
            rows: rows, inputs: inputs, outputs: outputs, x: x, transposed: panels, residual: residual, index: index,
            y: $0)
        } _: {
          forward($0) { sum, row, column in sum + residual[Int(index[row]) * outputs + column] }
        },
      ]
      #expect(wrong.allSatisfy { $0 == nil }, "\(inputs) inputs: \(wrong)")
    }
  }

  @Test("gradients of products", arguments: [1, 2, 5, 6, 7, 13, 33], [16, 27, 48, 80])
  func gradients(rows: Int, outputs: Int) {
    for inputs in [16, 48, 64] {
      let dy = Self.numbers(rows * outputs, seed: UInt64(rows + outputs))
      let weights = Self.numbers(inputs * outputs, seed: UInt64(inputs), largest: 1)
      let x = Self.numbers(rows * inputs, seed: 5)
      var scratch = [Float](repeating: 0, count: packingScratch(inputs: inputs, outputs: outputs) + 1)
      func backward(_ target: UnsafeMutablePointer<Float>, _ finish: (Float, Int, Int) -> Float) {
        Plain.product(
          Plain.Product(
            rows: rows, columns: inputs, depth: outputs, left: dy, leftRow: outputs, right: weights, rightRow: inputs),
          target: target, targetRow: inputs, finish: finish)
      }
      let wrong = [
        difference(rows * inputs) {
          linearInputGradient(
            rows: rows, inputs: inputs, outputs: outputs, dy: dy, dyRow: outputs, weights: weights, scratch: &scratch,
            dx: $0)
        } _: {
          backward($0) { sum, _, _ in sum }
        },
        difference(rows * inputs) {
          linearInputGradientBehindReLU(
            rows: rows, inputs: inputs, outputs: outputs, dy: dy, weights: weights, scratch: &scratch, output: x, dx: $0
          )
        } _: {
          backward($0) { sum, row, column in x[row * inputs + column] > 0 ? sum : 0 }
        },
        difference(outputs * inputs) {
          linearWeightGradient(rows: rows, inputs: inputs, outputs: outputs, dy: dy, dyRow: outputs, x: x, gradient: $0)
        } _: {
          Plain.product(
            Plain.Product(
              rows: outputs, columns: inputs, depth: rows, left: dy, leftRow: 1, leftDepth: outputs, right: x,
              rightRow: inputs),
            target: $0, targetRow: inputs
          ) { sum, _, _ in sum }
        },
      ]
      #expect(wrong.allSatisfy { $0 == nil }, "\(inputs) inputs: \(wrong)")
    }
  }

  @Test("norms", arguments: [16, 32, 48, 64, 128, 400])
  func norms(width: Int) {
    let rows = 9
    let x = Self.numbers(rows * width, seed: UInt64(width))
    let dy = Self.numbers(rows * width, seed: 2)
    let residual = Self.numbers(rows * width, seed: 4)
    var inverses = [Float](repeating: 0, count: 2 * rows)
    let wrong = [
      difference(rows * width) {
        rmsNorm(rows: rows, width: width, x: x, y: $0, inverse: &inverses)
      } _: { y in
        inverses.withUnsafeMutableBufferPointer {
          Plain.rmsNorm(
            rows: rows, width: width, x: x, y: y, inverse: $0.baseAddress.unsafelyUnwrapped + rows)
        }
      },
      difference(rows * width) {
        rmsNormBackward(rows: rows, width: width, dy: dy, y: x, inverse: inverses, residual: nil, dx: $0)
      } _: {
        Plain.rmsNormBackward(rows: rows, width: width, dy: dy, y: x, inverse: inverses, residual: nil, dx: $0)
      },
      difference(rows * width) {
        rmsNormBackward(rows: rows, width: width, dy: dy, y: x, inverse: inverses, residual: residual, dx: $0)
      } _: {
        Plain.rmsNormBackward(rows: rows, width: width, dy: dy, y: x, inverse: inverses, residual: residual, dx: $0)
      },
    ]
    #expect(wrong.allSatisfy { $0 == nil } && inverses[..<rows] == inverses[rows...], "\(wrong)")
  }

  @Test("softmax of logits", arguments: [1, 3, 16, 17, 40])
  func softmax(rows: Int) {
    var logits = Self.numbers(rows * logitsRow, seed: UInt64(rows), largest: 6)
    // Ties at the top, a tail far below it.
    for i in 0..<5 { logits[i] = 3 }
    logits[7] = -61
    logits[8] = -57.1
    let weight = (0..<rows).map { Float($0 % 4) * 0.0123 }
    let padded = (rows + 15) / 16 * 16
    var scratch = [[Float]](repeating: [Float](repeating: 0, count: 2 * padded), count: 2)
    func run(_ kernel: Int, _ body: (_ maximum: MutableFloats, _ logNormaliser: MutableFloats) -> Void) {
      scratch[kernel].withUnsafeMutableBufferPointer {
        let start = $0.baseAddress.unsafelyUnwrapped
        body(start, start + padded)
      }
    }
    let wrong = difference(rows * logitsRow, from: logits) { x in
      run(0) {
        softmaxRows(rows: rows, exponential: .defined, logits: x, weight: weight, maximum: $0, logNormaliser: $1)
      }
    } _: { x in
      run(1) { Plain.softmaxRows(rows: rows, logits: x, weight: weight, maximum: $0, logNormaliser: $1) }
    }
    let normalisers = scratch.map { $0[padded..<padded + rows] }
    #expect(wrong == nil && normalisers[0] == normalisers[1])
  }

  @Test("attention and its backward", arguments: [1, 3, 4, 5, 8], AttentionTests.headDims)
  func attentionBothWays(heads: Int, headDim: Int) {
    let shape = AttentionShape(heads: heads, headDim: headDim)
    let width = heads * headDim
    for (name, tree) in RowTree.samples() {
      let qkv = Self.numbers(tree.pairs * 3 * width + attentionOverrun, seed: UInt64(width), largest: 2)
      let dOutput = Self.numbers(tree.rows * width + attentionOverrun, seed: 8)
      let before = Self.numbers(tree.pairs * 3 * width + attentionOverrun, seed: 9)
      var weights = [[Float]](repeating: [], count: 2).map { _ in
        [Float](repeating: 0, count: tree.rows * shape.probabilitiesPerRow)
      }
      withGuardedMemory(.beforeGuard) { memory in
        let rows = tree.kernelRows(memory)
        // The last lanes are anybody's.
        let count = tree.rows * width
        let output = difference(count + attentionOverrun) {
          attention(rows, shape: shape, exponential: .defined, qkv: qkv, probabilities: &weights[0], output: $0)
          ($0 + count).update(repeating: 0, count: attentionOverrun)
        } _: {
          Plain.attention(rows, shape: shape, qkv: qkv, probabilities: &weights[1], output: $0)
          ($0 + count).update(repeating: 0, count: attentionOverrun)
        }
        let gradients = difference(before.count, from: before) {
          attentionBackward(
            rows, shape: shape, arithmetic: .defined, qkv: qkv, probabilities: weights[1], dOutput: dOutput, dqkv: $0)
        } _: {
          Plain.attentionBackward(
            rows, shape: shape, qkv: qkv, probabilities: weights[1], dOutput: dOutput, dqkv: $0)
        }
        #expect(output == nil && gradients == nil, "\(name): \(output ?? ""), \(gradients ?? "")")
      }
    }
  }

  @Test("Adam, of one gradient and of several", arguments: [1, 2, 5], [1, 16, 33, 100])
  func adams(gradients: Int, count: Int) {
    let offset = 3
    let step = AdamStep(learningRate: 0.01, firstPower: 0.5, secondPower: 0.9, arithmetic: .defined)
    let sources = (0..<gradients).map { Self.numbers(count + offset, seed: UInt64($0 + count), largest: 70) }
    // Parameters, first and second moments.
    let start = Self.numbers(2 * count, seed: 1) + Self.numbers(count, seed: 2).map(abs)
    withGuardedMemory(.behindGuard) { memory in
      let pointers = sources.map { UnsafePointer(memory.array($0)) }
      pointers.withUnsafeBufferPointer { gradients in
        let wrong = difference(3 * count, from: start) {
          adam(
            count: count, step: step, gradients: gradients, offset: offset, parameters: $0, first: $0 + count,
            second: $0 + 2 * count)
        } _: {
          Plain.adam(
            count: count, step: step, gradients: gradients, offset: offset, parameters: $0, first: $0 + count,
            second: $0 + 2 * count)
        }
        #expect(wrong == nil)
      }
    }
  }
}
