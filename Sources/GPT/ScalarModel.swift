import CSIMD
import Kernels

/// The model in plain loops, one position at a time, over any floating-point type: the algorithm as one would
/// write it on a page. Each stage of the backward pass mirrors one of the forward pass, in reverse.
public final class ScalarModel<Real: ScalarReal> {
  public let shape: Shape
  private typealias Op = Scalar<Real>
  private let s: ScalarActivations<Real>
  /// The names of the last forward pass, and what they weighed.
  private var names: [Name] = []

  /// - Parameter names: the most names of one pass.
  public init(shape: Shape, names: Int) {
    self.shape = shape
    s = ScalarActivations(shape: shape, rows: names * Shape.context)
    self.names.reserveCapacity(names)
  }

  /// The sum of −log p(target) over all predictions of `names`, in nats.
  ///
  /// - Parameters:
  ///   - parameters: (P), canonical order.
  ///   - scale: what each prediction's gradient will be multiplied by.
  public func forward(
    _ names: UnsafeBufferPointer<Name>, parameters: UnsafePointer<Real>, scale: Real
  ) -> Real {
    self.names.removeAll(keepingCapacity: true)
    var loss = Real.zero
    var row = 0
    for name in names {
      for t in 0..<name.positions {
        embed(name.input(t), t, row + t, parameters)
        attend(firstRow: row, t, parameters)
        transform(row + t, parameters)
        loss += predict(name.target(t), row + t, parameters, scale: scale)
      }
      row += name.positions
      self.names.append(name)
    }
    return loss
  }

  /// Writes the gradient of scale · loss sum of the last `forward` to `gradient` (P).
  public func backward(parameters: UnsafePointer<Real>, gradient: UnsafeMutablePointer<Real>) {
    gradient.update(repeating: 0, count: shape.parameterCount)
    s.clearGradients()
    var row = 0
    for name in names {
      for t in 0..<name.positions {
        predictBackward(row + t, parameters, gradient)
        transformBackward(row + t, parameters, gradient)
        attendOutputBackward(row + t, parameters, gradient)
      }
      for t in 0..<name.positions { attendBackward(firstRow: row, t) }
      for t in 0..<name.positions {
        projectBackward(row + t, parameters, gradient)
        embedBackward(name.input(t), t, row + t, gradient)
      }
      row += name.positions
    }
  }
}

// MARK: - x0 = rms(wte[token] + wpe[position])

extension ScalarModel {
  private func embed(_ token: Int, _ t: Int, _ row: Int, _ w: UnsafePointer<Real>) {
    let C = shape.dModel
    let wte = w + shape.offset(.tokenEmbedding) + token * C
    let wpe = w + shape.offset(.positionEmbedding) + t * C
    let x0 = s.x0 + row * C
    for i in 0..<C { x0[i] = wte[i] + wpe[i] }
    s.inverseX0[row] = Op.rmsNorm(width: C, x: x0, y: x0)
  }

  private func embedBackward(_ token: Int, _ t: Int, _ row: Int, _ d: UnsafeMutablePointer<Real>) {
    let C = shape.dModel
    let dEmbedding = s.dy  // free by now
    for i in 0..<C { dEmbedding[i] = 0 }
    Op.rmsNormBackward(
      width: C, dy: s.dx + row * C, y: s.x0 + row * C, inverse: s.inverseX0[row], dx: dEmbedding)
    let dwte = d + shape.offset(.tokenEmbedding) + token * C
    let dwpe = d + shape.offset(.positionEmbedding) + t * C
    for i in 0..<C {
      dwte[i] += dEmbedding[i]
      dwpe[i] += dEmbedding[i]
    }
  }
}

// MARK: - x1 = x0 + Wo attention(Wq y, Wk y, Wv y), y = rms(x0)

extension ScalarModel {
  private func attend(firstRow: Int, _ t: Int, _ w: UnsafePointer<Real>) {
    let (C, H, hd) = (shape.dModel, shape.heads, shape.headDim)
    let row = firstRow + t
    let y = s.y + row * C
    s.inverseY[row] = Op.rmsNorm(width: C, x: s.x0 + row * C, y: y)
    Op.linear(inputs: C, outputs: C, x: y, weights: w + shape.offset(.query), y: s.q + row * C)
    Op.linear(inputs: C, outputs: C, x: y, weights: w + shape.offset(.key), y: s.k + row * C)
    Op.linear(inputs: C, outputs: C, x: y, weights: w + shape.offset(.value), y: s.v + row * C)
    for head in 0..<H {
      Op.attention(
        count: t + 1, headDim: hd, stride: C, query: s.q + row * C + head * hd,
        keys: s.k + firstRow * C + head * hd, values: s.v + firstRow * C + head * hd,
        probabilities: s.p + (row * H + head) * Shape.context, output: s.a + row * C + head * hd)
    }
    let x1 = s.x1 + row * C
    Op.linear(inputs: C, outputs: C, x: s.a + row * C, weights: w + shape.offset(.attentionOutput), y: x1)
    for i in 0..<C { x1[i] += s.x0[row * C + i] }
  }

  private func attendOutputBackward(_ row: Int, _ w: UnsafePointer<Real>, _ d: UnsafeMutablePointer<Real>) {
    let C = shape.dModel
    Op.linearBackward(
      inputs: C, outputs: C, dy: s.dx + row * C, x: s.a + row * C,
      weights: w + shape.offset(.attentionOutput), dx: s.da + row * C,
      dWeights: d + shape.offset(.attentionOutput))
  }

  private func attendBackward(firstRow: Int, _ t: Int) {
    let (C, H, hd) = (shape.dModel, shape.heads, shape.headDim)
    let row = firstRow + t
    for head in 0..<H {
      let own = row * C + head * hd
      let first = firstRow * C + head * hd
      Op.attentionBackward(
        count: t + 1, headDim: hd, stride: C, dOutput: s.da + own, query: s.q + own, keys: s.k + first,
        values: s.v + first, probabilities: s.p + (row * H + head) * Shape.context, scratch: s.dScores,
        dQuery: s.dq + own, dKeys: s.dk + first, dValues: s.dv + first)
    }
  }

  private func projectBackward(_ row: Int, _ w: UnsafePointer<Real>, _ d: UnsafeMutablePointer<Real>) {
    let C = shape.dModel
    for i in 0..<C { s.dy[i] = 0 }
    for (tensor, gradient) in [(Tensor.query, s.dq), (.key, s.dk), (.value, s.dv)] {
      Op.linearBackward(
        inputs: C, outputs: C, dy: gradient + row * C, x: s.y + row * C,
        weights: w + shape.offset(tensor), dx: s.dy, dWeights: d + shape.offset(tensor))
    }
    Op.rmsNormBackward(width: C, dy: s.dy, y: s.y + row * C, inverse: s.inverseY[row], dx: s.dx + row * C)
  }
}

// MARK: - x2 = x1 + W2 relu(W1 z), z = rms(x1)

extension ScalarModel {
  private func transform(_ row: Int, _ w: UnsafePointer<Real>) {
    let (C, F) = (shape.dModel, shape.feedForward)
    let h = s.h + row * F
    let x2 = s.x2 + row * C
    s.inverseZ[row] = Op.rmsNorm(width: C, x: s.x1 + row * C, y: s.z + row * C)
    Op.linear(inputs: C, outputs: F, x: s.z + row * C, weights: w + shape.offset(.expand), y: h)
    Op.relu(count: F, x: h, y: h)
    Op.linear(inputs: F, outputs: C, x: h, weights: w + shape.offset(.contract), y: x2)
    for i in 0..<C { x2[i] += s.x1[row * C + i] }
  }

  /// `s.dx` holds the gradient of x2 and becomes that of x1: the residual connection passes it on.
  private func transformBackward(_ row: Int, _ w: UnsafePointer<Real>, _ d: UnsafeMutablePointer<Real>) {
    let (C, F) = (shape.dModel, shape.feedForward)
    let dx = s.dx + row * C
    let h = s.h + row * F
    for i in 0..<F { s.dh[i] = 0 }
    for i in 0..<C { s.dy[i] = 0 }
    Op.linearBackward(
      inputs: F, outputs: C, dy: dx, x: h, weights: w + shape.offset(.contract), dx: s.dh,
      dWeights: d + shape.offset(.contract))
    Op.reluBackward(count: F, y: h, dy: s.dh)
    Op.linearBackward(
      inputs: C, outputs: F, dy: s.dh, x: s.z + row * C, weights: w + shape.offset(.expand), dx: s.dy,
      dWeights: d + shape.offset(.expand))
    Op.rmsNormBackward(width: C, dy: s.dy, y: s.z + row * C, inverse: s.inverseZ[row], dx: dx)
  }
}

// MARK: - loss = −log softmax(Wlm x2)[target]

extension ScalarModel {
  /// The row's logits are replaced by the gradient of scale · loss.
  private func predict(_ target: Int, _ row: Int, _ w: UnsafePointer<Real>, scale: Real) -> Real {
    let (C, V) = (shape.dModel, Shape.vocabulary)
    let logits = s.logits + row * V
    Op.linear(inputs: C, outputs: V, x: s.x2 + row * C, weights: w + shape.offset(.head), y: logits)
    return Op.crossEntropy(count: V, target: target, weight: scale, logits: logits)
  }

  private func predictBackward(_ row: Int, _ w: UnsafePointer<Real>, _ d: UnsafeMutablePointer<Real>) {
    let (C, V) = (shape.dModel, Shape.vocabulary)
    Op.linearBackward(
      inputs: C, outputs: V, dy: s.logits + row * V, x: s.x2 + row * C, weights: w + shape.offset(.head),
      dx: s.dx + row * C, dWeights: d + shape.offset(.head))
  }
}

// MARK: - as an engine

extension ScalarModel: Engine, PlainEngine where Real == Float {
  public func forward(
    _ names: UnsafeBufferPointer<Name>, parameters: UnsafePointer<Float>, scale: Double
  ) -> Double {
    Double(forward(names, parameters: parameters, scale: Float(scale)))
  }

  public var work: StepWork { StepWork(shape: shape, apart: names) }

  public func backward(
    parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, isFinal: (_ from: Int) -> Void
  ) {
    backward(parameters: parameters, gradient: gradient)
    isFinal(0)
  }
}
