import Kernels
import TestSupport

/// The scalar attention over the rows of a tree, in double precision: each row gets its path's keys and values
/// laid side by side, so that nothing of the tree is left for the twin.
struct ExactAttention {
  let tree: RowTree
  let heads, headDim: Int
  /// (U, 3C)
  let qkv: [Double]

  var width: Int { heads * headDim }

  /// One head of one path: (T, hd) of queries (0), keys (1) or values (2).
  private func gathered(_ part: Int, _ path: [Int], _ head: Int) -> [Double] {
    path.flatMap { row in
      let start = (Int(tree.pair[row]) * 3 + part) * width + head * headDim
      return qkv[start..<start + headDim]
    }
  }

  /// (R, H, 16) and (R, C). Outputs' magnitudes are Σ p |v|, times how much a score's rounding can change p.
  func forward() -> (probabilities: [Double], output: Exact, scoreMagnitude: Double) {
    var probabilities = [Double](repeating: 0, count: tree.rows * heads * 16)
    var output = Exact(values: [], magnitudes: [])
    var scoreMagnitude = 0.0
    for (row, path) in tree.paths.enumerated() {
      for head in 0..<heads {
        let query = Array(gathered(0, path, head).suffix(headDim))
        let (keys, values) = (gathered(1, path, head), gathered(2, path, head))
        var p = [Double](repeating: 0, count: path.count)
        var result = [Double](repeating: 0, count: headDim)
        Scalar<Double>.attention(
          count: path.count, headDim: headDim, stride: headDim, query: query, keys: keys, values: values,
          probabilities: &p, output: &result)
        let start = (row * heads + head) * 16
        probabilities.replaceSubrange(start..<start + path.count, with: p)
        output.values += result
        output.magnitudes += (0..<headDim).map { d in
          path.indices.reduce(0) { $0 + p[$1] * abs(values[$1 * headDim + d]) }
        }
        for j in path.indices {
          let terms = (0..<headDim).reduce(0) { $0 + abs(query[$1] * keys[j * headDim + $1]) }
          scoreMagnitude = max(scoreMagnitude, terms / Double(headDim).squareRoot())
        }
      }
    }
    return (probabilities, output, scoreMagnitude)
  }

  /// (U, 3C): the twin's gradients, and the same formulas with every term made positive.
  ///
  /// - Parameters:
  ///   - probabilities: (R, H, 16); dOutput: (R, C); before: (U, 3C), what the gradients are added to.
  func backward(probabilities: [Double], dOutput: [Double], before: [Double]) -> Exact {
    var result = Exact(values: before, magnitudes: before.map { abs($0) })
    for (row, path) in tree.paths.enumerated() {
      for head in 0..<heads {
        let own = row * width + head * headDim
        let start = (row * heads + head) * 16
        let p = Array(probabilities[start..<start + path.count])
        let dHead = Array(dOutput[own..<own + headDim])
        let query = Array(gathered(0, path, head).suffix(headDim))
        let (keys, values) = (gathered(1, path, head), gathered(2, path, head))
        var dQuery = [Double](repeating: 0, count: headDim)
        var dKeys = [Double](repeating: 0, count: keys.count)
        var dValues = dKeys
        var scratch = [Double](repeating: 0, count: path.count)
        Scalar<Double>.attentionBackward(
          count: path.count, headDim: headDim, stride: headDim, dOutput: dHead, query: query, keys: keys,
          values: values, probabilities: p, scratch: &scratch, dQuery: &dQuery, dKeys: &dKeys, dValues: &dValues)
        add(dQuery, dKeys, dValues, path, head, to: &result.values)
        let m = magnitudes(p: p, dHead: dHead, query: query, keys: keys, values: values)
        add(m.dQuery, m.dKeys, m.dValues, path, head, to: &result.magnitudes)
      }
    }
    return result
  }

  /// One path's gradients onto the pairs'.
  private func add(
    _ dQuery: [Double], _ dKeys: [Double], _ dValues: [Double], _ path: [Int], _ head: Int, to sums: inout [Double]
  ) {
    for (j, row) in path.enumerated() {
      let start = Int(tree.pair[row]) * 3 * width + head * headDim
      for d in 0..<headDim {
        if j == path.count - 1 { sums[start + d] += dQuery[d] }
        sums[start + width + d] += dKeys[j * headDim + d]
        sums[start + 2 * width + d] += dValues[j * headDim + d]
      }
    }
  }

  private func magnitudes(
    p: [Double], dHead: [Double], query: [Double], keys: [Double], values: [Double]
  ) -> (dQuery: [Double], dKeys: [Double], dValues: [Double]) {
    let dp = p.indices.map { j in (0..<headDim).reduce(0) { $0 + abs(dHead[$1] * values[j * headDim + $1]) } }
    let inner = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
    let dScore = zip(p, dp).map { $0 * ($1 + inner) / Double(headDim).squareRoot() }
    return (
      (0..<headDim).map { d in p.indices.reduce(0) { $0 + dScore[$1] * abs(keys[$1 * headDim + d]) } },
      keys.indices.map { dScore[$0 / headDim] * abs(query[$0 % headDim]) },
      values.indices.map { p[$0 / headDim] * abs(dHead[$0 % headDim]) }
    )
  }
}
