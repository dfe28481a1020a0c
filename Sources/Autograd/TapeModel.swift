import GPT
import Kernels

/// This package's GPT as scalar operations on a tape: the model's definition on one page. It needs no backward pass of
/// its own, because the tape knows how everything was computed.
///
/// Letters as in `Shape`. A vector is an array of single values.
public final class TapeModel<Real: ScalarReal> {
  public typealias Vector = [Value<Real>]

  public let shape: Shape
  public let tape: Tape<Real>
  /// (P), canonical order; the first nodes of the tape.
  public let parameters: Vector
  /// (rows, columns) of each tensor, by its raw value.
  private let matrices: [[Vector]]

  public init(shape: Shape) {
    let tape = Tape<Real>()
    let parameters = (0..<shape.parameterCount).map { _ in tape.input(0) }
    matrices = Tensor.allCases.map { tensor in
      (0..<shape.rows(tensor)).map { row in
        let first = shape.offset(tensor) + row * shape.columns(tensor)
        return Vector(parameters[first..<first + shape.columns(tensor)])
      }
    }
    self.shape = shape
    self.tape = tape
    self.parameters = parameters
  }

  /// Gives the parameters new values (P), and forgets everything that was computed from the old ones.
  public func reset(_ values: some Collection<Real>) {
    tape.forget(downTo: parameters.count)
    for (parameter, value) in zip(parameters, values) { parameter.number = value }
  }

  /// The sum of −log p(target) over a name's predictions, in nats.
  public func loss(_ name: Name) -> Value<Real> {
    let positions = 0..<name.positions
    let logits = logits(positions.map { name.input($0) })
    return sum(positions.map { t in softmax(logits[t])[name.target(t)].logarithm() * -1 })
  }

  /// The 27 logits behind each of the tokens, of which there are 1 to 16.
  public func logits(_ tokens: [Int]) -> [Vector] {
    var keys: [Vector] = []
    var values: [Vector] = []
    return tokens.enumerated().map { position, token in
      let x0 = rms(add(matrix(.tokenEmbedding)[token], matrix(.positionEmbedding)[position]))
      let y = rms(x0)
      keys.append(linear(.key, y))
      values.append(linear(.value, y))
      let attended = attention(linear(.query, y), keys, values)
      let x1 = add(x0, linear(.attentionOutput, attended))
      let hidden = linear(.expand, rms(x1)).map { $0.relu() }
      let x2 = add(x1, linear(.contract, hidden))
      return linear(.head, x2)
    }
  }
}

// MARK: - the parts

extension TapeModel {
  private func matrix(_ tensor: Tensor) -> [Vector] { matrices[tensor.rawValue] }

  /// W x
  private func linear(_ tensor: Tensor, _ x: Vector) -> Vector { matrix(tensor).map { row in dot(row, x) } }

  private func add(_ a: Vector, _ b: Vector) -> Vector { zip(a, b).map { $0 + $1 } }

  /// x / sqrt(mean(x²) + 1e-5)
  private func rms(_ x: Vector) -> Vector {
    let root = (dot(x, x) / Real(x.count) + Real(1e-5)).squareRoot()
    return x.map { $0 / root }
  }

  /// For each head: the values' mean, weighted by softmax(query · key / sqrt(hd)).
  ///
  /// - Parameters:
  ///   - query: (C), of the last position.
  ///   - keys, values: (C) of each position up to that one.
  private func attention(_ query: Vector, _ keys: [Vector], _ values: [Vector]) -> Vector {
    let scale = 1 / Real(shape.headDim).squareRoot()
    return (0..<shape.heads).flatMap { head in
      let own = head * shape.headDim..<(head + 1) * shape.headDim
      let weights = softmax(keys.map { key in dot(Vector(query[own]), Vector(key[own])) * scale })
      return own.map { d in dot(weights, values.map { $0[d] }) }
    }
  }

  /// exp(x) / Σ exp(x). The largest x is taken off first, as a constant: it cancels, and nothing overflows.
  private func softmax(_ x: Vector) -> Vector {
    let largest = x.map(\.number).max() ?? 0
    let powers = x.map { ($0 - largest).exponential() }
    let total = sum(powers)
    return powers.map { $0 / total }
  }
}
