import Kernels
import TestSupport
import Testing

/// Attention over chains and trees against the scalar attention, for heads of any width and any number of them:
/// the kernels take four at a time, and heads of 4 and 8 by ways of their own.
@Suite struct AttentionTests {
  static let headDims = [1, 3, 4, 8, 16, 20, 32, 64]

  struct Problem {
    let shape: AttentionShape
    let exact: ExactAttention
    let qkv, dOutput, before: [Float]

    init(_ tree: RowTree, heads: Int, headDim: Int, magnitude: Float = 1) {
      var random = SeededRandom(seed: UInt64(heads * 1000 + headDim))
      let width = heads * headDim
      shape = AttentionShape(heads: heads, headDim: headDim)
      qkv = random.floats(tree.pairs * 3 * width, magnitude: magnitude)
      dOutput = random.floats(tree.rows * width)
      before = random.floats(tree.pairs * 3 * width)
      exact = ExactAttention(tree: tree, heads: heads, headDim: headDim, qkv: qkv.map(Double.init))
    }

    /// (R, H, 16) as the kernels lay it: four heads by four keys a vector, a row's first keys first. Keys behind the
    /// row's own position weigh nothing in its last group; what is not a number is never looked at.
    func laidOut(_ probabilities: [Double]) -> [Float] {
      var result = [Float](repeating: .nan, count: exact.tree.rows * shape.probabilitiesPerRow)
      forEachProbability { index, place in result[place] = Float(probabilities[index]) }
      return result
    }

    /// The other way round; zeros in groups of keys that the kernel leaves out.
    func unfolded(_ weights: [Float]) -> [Float] {
      var result = [Float](repeating: 0, count: exact.tree.rows * exact.heads * 16)
      forEachProbability { index, place in result[index] = weights[place] }
      return result
    }

    private func forEachProbability(_ body: (_ index: Int, _ place: Int) -> Void) {
      for (row, position) in exact.tree.positions.enumerated() {
        for head in 0..<exact.heads {
          for key in 0..<(Int(position) / 4 + 1) * 4 {
            let place = (head / 4 * 4 + key / 4) * 16 + head % 4 * 4 + key % 4
            body((row * exact.heads + head) * 16 + key, row * shape.probabilitiesPerRow + place)
          }
        }
      }
    }

    /// Behind an input's end may stand anything finite: it must not reach the results.
    static let rubbish = [Float](repeating: 1e20, count: attentionOverrun)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 8], headDims)
  func forward(heads: Int, headDim: Int) {
    for (name, tree) in RowTree.samples() {
      for (magnitude, placement) in zip([1, 3, 0.1, 1] as [Float], GuardPlacement.allCases) {
        let p = Problem(tree, heads: heads, headDim: headDim, magnitude: magnitude)
        let (probabilities, output, scoreMagnitude) = p.exact.forward()
        // A score's rounding changes its probability, and the sum it is divided by, by as much relatively.
        let scores = 2 * roundingBound(terms: headDim + 3, magnitude: scoreMagnitude)
        let relative = scores + 2e-6 + roundingBound(terms: 24, magnitude: 1)
        let (rows, width) = (tree.rows, heads * headDim)
        withGuardedMemory(placement) { memory in
          let weights = memory.unwritten(rows * p.shape.probabilitiesPerRow)
          let a = memory.unwritten(rows * width + attentionOverrun)
          attention(
            tree.kernelRows(memory), shape: p.shape, exponential: .fast,
            qkv: memory.array(p.qkv + Problem.rubbish), probabilities: weights, output: a)
          let label = "\(name), \(heads) heads of \(headDim), \(placement)"
          let written = p.unfolded(array(weights, rows * p.shape.probabilitiesPerRow))
          let wrongWeight = firstMismatch(written, probabilities) {
            relative * probabilities[$0]  // exactly zero where the row does not look
          }
          let wrongOutput = firstMismatch(array(a, rows * width), output.values) {
            (relative + roundingBound(terms: 16, magnitude: 1)) * output.magnitudes[$0]
          }
          #expect(wrongWeight == nil, "\(label)")
          #expect(wrongOutput == nil, "\(label)")
          #expect(memory.isIntact, "\(label)")
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 8], headDims)
  func backward(heads: Int, headDim: Int) {
    for (name, tree) in RowTree.samples() {
      let p = Problem(tree, heads: heads, headDim: headDim)
      let (rows, width) = (tree.rows, heads * headDim)
      let probabilities = p.exact.forward().probabilities
      let expected = p.exact.backward(
        probabilities: probabilities.map { Double(Float($0)) }, dOutput: p.dOutput.map(Double.init),
        before: p.before.map(Double.init))
      // A score's gradient takes two sums over hd and one over 16; then it is one of up to 16 R terms.
      let terms = 2 * headDim + 16 + 8 + 16 * rows
      for placement in GuardPlacement.allCases {
        withGuardedMemory(placement) { memory in
          let dqkv = memory.array(p.before + Problem.rubbish)
          attentionBackward(
            tree.kernelRows(memory), shape: p.shape, qkv: memory.array(p.qkv + Problem.rubbish),
            probabilities: memory.array(p.laidOut(probabilities)),
            dOutput: memory.array(p.dOutput + Problem.rubbish), dqkv: dqkv)
          let label = "\(name), \(heads) heads of \(headDim), \(placement)"
          let mismatch = firstMismatch(array(dqkv, tree.pairs * 3 * width), expected, terms: terms)
          #expect(mismatch == nil, "\(label)")
          #expect(memory.isIntact, "\(label)")
        }
      }
    }
  }

  /// Scores far apart: the softmax is a choice, and nothing overflows.
  @Test(arguments: [4, 16])
  func scoresFarApart(headDim: Int) {
    let tree = RowTree(chains: [16])
    let p = Problem(tree, heads: 2, headDim: headDim, magnitude: 60)
    let (_, output, _) = p.exact.forward()
    let width = 2 * headDim
    withGuardedMemory(.beforeGuard) { memory in
      let a = memory.unwritten(16 * width + attentionOverrun)
      attention(
        tree.kernelRows(memory), shape: p.shape, exponential: .exact,
        qkv: memory.array(p.qkv + Problem.rubbish),
        probabilities: memory.unwritten(16 * p.shape.probabilitiesPerRow), output: a)
      // Scores of up to 60² √hd carry roundings of that size.
      let error = roundingBound(terms: headDim + 3, magnitude: 3600 * Double(headDim).squareRoot())
      let mismatch = firstMismatch(array(a, 16 * width), output.values) { _ in 60 * (2 * error + 2e-6) }
      #expect(mismatch == nil)
    }
  }

  /// The switch reaches the weights, for each way of laying out heads, with the error that each kind promises.
  @Test(arguments: [4, 8, 20], LossTests.precisions)
  func precisions(headDim: Int, precision: (ExponentialKind, Double)) {
    let tree = RowTree(chains: [16, 3])
    let p = Problem(tree, heads: 4, headDim: headDim)
    let (probabilities, _, scoreMagnitude) = p.exact.forward()
    let scores = 2 * roundingBound(terms: headDim + 3, magnitude: scoreMagnitude)
    let bound = scores + 2 * precision.1 + roundingBound(terms: 24, magnitude: 1)
    withGuardedMemory(.beforeGuard) { memory in
      let weights = memory.unwritten(tree.rows * p.shape.probabilitiesPerRow)
      attention(
        tree.kernelRows(memory), shape: p.shape, exponential: precision.0,
        qkv: memory.array(p.qkv + Problem.rubbish), probabilities: weights,
        output: memory.unwritten(tree.rows * 4 * headDim + attentionOverrun))
      let written = p.unfolded(array(weights, tree.rows * p.shape.probabilitiesPerRow))
      #expect(firstMismatch(written, probabilities) { bound * probabilities[$0] } == nil)
      if precision.0 == .coarse {
        #expect(firstMismatch(written, probabilities) { 1e-4 * probabilities[$0] } != nil)
      }
    }
  }
}
