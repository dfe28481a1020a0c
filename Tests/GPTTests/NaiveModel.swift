import Foundation
import GPT

/// The model once more, written from its definition alone and without any of the package's arithmetic: no cache,
/// no packing, double precision, every position anew.
struct NaiveModel {
  let shape: Shape
  let parameters: [Double]

  init(_ shape: Shape, _ parameters: [Float]) {
    self.shape = shape
    self.parameters = parameters.map(Double.init)
  }

  private func row(_ tensor: Tensor, _ index: Int) -> [Double] {
    let start = shape.offset(tensor) + index * shape.columns(tensor)
    return Array(parameters[start..<start + shape.columns(tensor)])
  }

  private func apply(_ tensor: Tensor, _ x: [Double]) -> [Double] {
    (0..<shape.rows(tensor)).map { dot(row(tensor, $0), x) }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
  private func add(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }

  private func rms(_ x: [Double]) -> [Double] {
    let factor = 1 / (dot(x, x) / Double(x.count) + 1e-5).squareRoot()
    return x.map { $0 * factor }
  }

  static func softmax(_ x: [Double]) -> [Double] {
    let top = x.max() ?? 0
    let weights = x.map { exp($0 - top) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// The 27 logits behind `letters`, of which there are at most 15.
  func logits(after letters: [UInt8]) -> [Double] {
    let tokens = [Shape.boundary] + letters.map(Int.init)
    let x = tokens.enumerated().map { rms(add(row(.tokenEmbedding, $1), row(.positionEmbedding, $0))) }
    let y = x.map(rms)
    let query = apply(.query, y[y.count - 1])
    let (keys, values) = (y.map { apply(.key, $0) }, y.map { apply(.value, $0) })
    var attended: [Double] = []
    for head in 0..<shape.heads {
      let range = head * shape.headDim..<(head + 1) * shape.headDim
      let scores = keys.map { dot(Array(query[range]), Array($0[range])) / Double(shape.headDim).squareRoot() }
      let weights = Self.softmax(scores)
      attended += range.map { d in zip(weights, values).reduce(0) { $0 + $1.0 * $1.1[d] } }
    }
    let x1 = add(x[x.count - 1], apply(.attentionOutput, attended))
    let hidden = apply(.expand, rms(x1)).map { max($0, 0) }
    return apply(.head, add(x1, apply(.contract, hidden)))
  }

  /// The sum of −log p over a name's predictions: each letter, then the boundary, 16 at most.
  func loss(_ letters: [UInt8]) -> Double {
    let targets = Array((letters.map(Int.init) + [Shape.boundary]).prefix(Shape.context))
    return targets.indices.reduce(0) { sum, t in
      sum - log(Self.softmax(logits(after: Array(letters.prefix(t))))[targets[t]])
    }
  }
}
