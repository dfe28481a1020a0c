import CSIMD
import Kernels

/// The training step in vectors: all positions of the shard are rows of one matrix, each distinct prefix once.
///
/// About ten large matrix products do the step, however many names there are. Rows before the attention (the
/// embedding, two norms, queries, keys and values) are shared further, by (token, position) pair.
public final class VectorEngine: Engine {
  public let shape: Shape
  private let capacity: Int
  private var tree: PrefixTree
  /// Of the pass that runs or ran last.
  private var s: VectorActivations
  private let own: VectorActivations
  /// Where passes are kept, and the activations of each group.
  private let factors: FactorStore?
  private let kept: [VectorActivations]
  /// The same for the forward pass of each group.
  private let keptForward: [VectorActivations]
  private let products: any MatrixProducts
  private let kernels: any StepKernels
  private let attentionShape: AttentionShape
  private let options: EngineOptions
  private let isShared: Bool
  /// Of many gradients of a stripe, or of all embeddings.
  private let sums: AlignedBuffer<Float>

  /// Gradients up to which a vector's sum waits less than a pass of its own takes.
  private static let mostSummedInUpdate = 16

  /// - Parameters:
  ///   - names: the most names a shard may have.
  ///   - options: the kind that is resolved for the shape must be available.
  ///   - derived, factors, isShared: as `EngineOptions.make` takes them.
  public init(
    shape: Shape, names: Int, options: EngineOptions = EngineOptions(),
    derived: UnsafeMutablePointer<Float>? = nil, factors: FactorStore? = nil, isShared: Bool = false
  ) {
    (self.shape, self.options, self.isShared) = (shape, options, isShared)
    capacity = names
    tree = PrefixTree(names: names, sharing: options.sharesPrefixes, inParts: factors != nil)
    attentionShape = AttentionShape(heads: shape.heads, headDim: shape.headDim)
    let runs = TransposedWeights.runs(shape)
    sums = AlignedBuffer(zeros: runs.map { $0.columns.map { $0 * ReplicaLayout.tile } ?? $0.range.count }.max() ?? 0)
    let own = VectorActivations(
      shape: shape, attention: attentionShape, rows: names * Shape.context, pairs: tree.pairs.token.count)
    (self.own, s) = (own, own)
    self.factors = factors
    let kept = factors?.ownGroups.map { VectorActivations(own, keeping: $0) } ?? []
    let pairs = PrefixTree.pairs(rows: names * Shape.context, sharing: options.sharesPrefixes)
    let shared = factors == nil ? nil : SharedPairs(shape: shape, pairs: pairs)
    self.kept = kept
    keptForward = shared.map { shared in kept.map { VectorActivations($0, pairs: shared) } } ?? []
    switch options.resolvedKind(for: shape) {
    case .scalar:
      products = PlainProducts(shape: shape, derived: derived)
      kernels = PlainKernels()
    case .sme2:
      products = SME2Products(shape: shape, rows: names * Shape.context, derived: derived)
      kernels = VectorKernels(options)
    default:
      products = VectorProducts(shape: shape, derived: derived, isShared: isShared)
      kernels = VectorKernels(options)
    }
  }

  public var work: StepWork { StepWork(shape: shape, tree) }

  public func parametersChanged(_ parameters: UnsafePointer<Float>, in range: Range<Int>) {
    products.transposed.renew(range, from: parameters)
  }

  public func forward(
    _ names: UnsafeBufferPointer<Name>, parameters: UnsafePointer<Float>, scale: Double
  ) -> Double {
    precondition(names.count <= capacity, "more names than the engine was made for")
    let open = factors.flatMap { $0.isOpen ? $0 : nil }
    s = open.map { keptForward[$0.openGroup] } ?? own
    tree.build(names, padding: !options.skipsPadding, ends: open?.openEnds)
    open?.note(tree)
    guard tree.rowCount > 0 else { return 0 }
    embed(parameters)
    attend()
    transform()
    if let open {
      let computed = s
      s = kept[open.openGroup]
      copy(from: computed)
    }
    return predict(scale: scale)
  }

  public func backward(
    parameters: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>, isFinal: (_ from: Int) -> Void
  ) {
    guard tree.rowCount > 0 else {
      gradient.update(repeating: 0, count: shape.parameterCount)
      isFinal(0)
      return
    }
    let ofWeights = factors?.isOpen == true ? nil : gradient
    transformBackward(parameters, ofWeights, isFinal)
    attendBackward(parameters, ofWeights, isFinal)
    embedBackward()
    if let factors, factors.isOpen {
      for pass in factors.openEnds.indices {
        addEmbeddings(tree.ranges(ofPart: pass).pairs, gradient + pass * shape.range(.positionEmbedding).upperBound)
      }
    } else {
      addEmbeddings(0..<tree.pairCount, gradient)
    }
    isFinal(0)
  }

  public func adam(_ slice: AdamSlice, gradients: Gradients) {
    let (model, step) = (slice.model, slice.step(options.arithmetic))
    products.transposed.forEachStripe(of: slice.range, renewingFrom: model.parameters) { block, next in
      let sumsFirst = gradients.count > Self.mostSummedInUpdate
      var next = next
      if block.rows > 1 {
        // Rows are short: their lines are asked for together.
        if isShared { takeBlock(block, in: model.parameters, next) }
        if !sumsFirst { for gradient in gradients { prefetchBlock(block, in: gradient) } }
        next.lines = nil
      } else {
        next.isShared = isShared
      }
      if sumsFirst { sum(block, sources: gradients, target: sums.pointer, following: next.following) }
      for row in 0..<block.rows {
        let i = block.first + row * block.stride
        let (p, m, v) = (model.parameters + i, model.first + i, model.second + i)
        if sumsFirst {
          withUnsafePointer(to: UnsafePointer(sums.pointer)) { sums in
            kernels.adam(
              count: block.columns, step: step, gradients: Gradients(start: sums, count: 1),
              offset: row * block.columns, parameters: p, first: m, second: v, next: next)
          }
        } else {
          kernels.adam(
            count: block.columns, step: step, gradients: gradients, offset: i, parameters: p, first: m, second: v,
            next: next)
        }
      }
    }
  }

  public func adam(_ slice: AdamSlice, factors: FactorStore) {
    let (model, step) = (slice.model, slice.step(options.arithmetic))
    factors.find()
    products.transposed.forEachPart(of: slice.range) { range in
      let (i, passes) = (range.lowerBound, factors.foundEmbeddings)
      Kernels.adam(
        count: range.count, step: step, gradients: passes.gradients, folds: passes.folds, offset: i,
        parameters: model.parameters + i, first: model.first + i, second: model.second + i,
        scratch: factors.scratch.pointer)
    } matrix: { part in
      let i = part.range.lowerBound
      Kernels.adam(
        LayerWeights(
          row: part.row, count: part.count, outputs: part.outputs, inputs: part.inputs,
          parameters: model.parameters + i, first: model.first + i, second: model.second + i, transposed: part.copy,
          isShared: isShared),
        factors: factors.factors(ofLayer: part.matrix), step: step, scratch: factors.scratch.pointer)
    }
  }

  public func gradient(of factors: FactorStore, to gradient: UnsafeMutablePointer<Float>) {
    factors.findOwn()
    products.transposed.forEachPart(of: 0..<shape.parameterCount) { range in
      let passes = factors.foundEmbeddings
      sum(
        count: range.count, gradients: passes.gradients, folds: passes.folds, offset: range.lowerBound,
        target: gradient + range.lowerBound, scratch: factors.scratch.pointer)
    } matrix: { part in
      weightGradient(
        outputs: part.count, inputs: part.inputs, factors: factors.factors(ofLayer: part.matrix),
        gradient: gradient + part.range.lowerBound, scratch: factors.scratch.pointer)
    }
  }
}

// MARK: - x0 = rms(wte[token] + wpe[position]), y = rms(x0): one row a pair

extension VectorEngine {
  private func embed(_ w: UnsafePointer<Float>) {
    let (pairs, C) = (tree.forwardPairs, shape.dModel)
    let U = pairs.count
    Kernels.embed(
      rows: U, width: C, tokens: pairs.token, positions: pairs.position,
      wte: w + shape.offset(.tokenEmbedding), wpe: w + shape.offset(.positionEmbedding), x: s.x0)
    kernels.rmsNorm(rows: U, width: C, x: s.x0, y: s.x0, inverse: s.inverseX0)
    kernels.rmsNorm(rows: U, width: C, x: s.x0, y: s.y, inverse: s.inverseY)
  }

  private func embedBackward() {
    let (U, C) = (tree.pairCount, shape.dModel)
    kernels.rmsNormBackward(
      rows: U, width: C, dy: s.dy, y: s.y, inverse: s.inverseY, residual: s.dx0, dx: s.dx0)
    kernels.rmsNormBackward(rows: U, width: C, dy: s.dx0, y: s.x0, inverse: s.inverseX0, residual: nil, dx: s.dx0)
  }

  /// Adds some pairs' gradients up, to the embeddings' gradient.
  private func addEmbeddings(_ pairs: Range<Int>, _ d: UnsafeMutablePointer<Float>) {
    let (first, C) = (pairs.lowerBound, shape.dModel)
    let wte = d + shape.offset(.tokenEmbedding)
    wte.update(repeating: 0, count: shape.count(.tokenEmbedding) + shape.count(.positionEmbedding))
    Kernels.embedBackward(
      rows: pairs.count, width: C, tokens: tree.pairs.token.pointer + first,
      positions: tree.pairs.position.pointer + first,
      dx: s.dx0 + first * C, dwte: wte, dwpe: d + shape.offset(.positionEmbedding))
  }
}

// MARK: - x1 = x0 + Wo attention(Wq y, Wk y, Wv y)

extension VectorEngine {
  private func attend() {
    let (rows, pairs) = (tree.newRows, tree.forwardPairs)
    products.queryKeyValue(pairs: pairs.count, s)
    kernels.attention(
      AttentionRows(count: rows, positions: tree.position.pointer, pair: pairs.ofRow), shape: attentionShape,
      qkv: s.qkv,
      probabilities: s.p, output: s.a)
    products.attentionOutput(rows: rows, pair: pairs.ofRow, s)
  }

  /// From the gradient of x1 (in `s.dx1`) to those of y (`s.dy`) and, by the residual, x0 (`s.dx0`).
  private func attendBackward(
    _ w: UnsafePointer<Float>, _ d: UnsafeMutablePointer<Float>?, _ isFinal: (Int) -> Void
  ) {
    let (R, U, C) = (tree.rowCount, tree.pairCount, shape.dModel)
    products.attentionOutputBackward(rows: R, s, weights: w, gradient: d, isFinal: isFinal)
    s.dqkv.update(repeating: 0, count: U * 3 * C)
    if let factors, factors.isOpen {
      for pass in factors.openEnds.indices {
        let part = tree.ranges(ofPart: pass)
        attentionBackward(part.copies)
        attentionBackward(part.rows, after: part.copies)
      }
    } else {
      attentionBackward(0..<R)
    }
    products.queryKeyValueBackward(pairs: U, s, weights: w, gradient: d, isFinal: isFinal)
    s.dx0.update(repeating: 0, count: U * C)
    // A part's copies come before its own rows.
    scatterRows(tree.newRows..<R)
    scatterRows(0..<tree.newRows)
  }

  /// Adds the gradients of x1, which are those of x0 by the residual, to their pairs.
  private func scatterRows(_ rows: Range<Int>) {
    let (first, C) = (rows.lowerBound, shape.dModel)
    scatterAddRows(
      rows: rows.count, width: C, source: s.dx1 + first * C, index: tree.pair.pointer + first, target: s.dx0)
  }

  /// - Parameter path: rows that end in the one before the first.
  private func attentionBackward(_ rows: Range<Int>, after path: Range<Int> = 0..<0) {
    let (first, pair) = (rows.lowerBound, UnsafePointer(tree.pair.pointer))
    kernels.attentionBackward(
      AttentionRows(
        count: rows.count, positions: tree.position.pointer + first, pair: pair + first,
        before: (path.count, pair + path.lowerBound)),
      shape: attentionShape, qkv: s.qkv, probabilities: s.p + first * attentionShape.probabilitiesPerRow,
      dOutput: s.da + first * shape.dModel, dqkv: s.dqkv)
  }

  /// Gives each part what it has in common with those before: rows after all others, and pairs of its own.
  private func copy(from computed: VectorActivations) {
    guard let parts = tree.parts else { return }
    let (C, F, perRow) = (shape.dModel, shape.feedForward, attentionShape.probabilitiesPerRow)
    for copy in 0..<tree.rowCount - tree.newRows {
      let (from, to) = (Int(parts.source[copy]), tree.newRows + copy)
      (s.a + to * C).update(from: s.a + from * C, count: C)
      (s.z + to * C).update(from: s.z + from * C, count: C)
      (s.h + to * F).update(from: s.h + from * F, count: F)
      (s.x2 + to * C).update(from: s.x2 + from * C, count: C)
      (s.p + to * perRow).update(from: s.p + from * perRow, count: perRow)
      (s.logits + to * logitsRow).update(from: s.logits + from * logitsRow, count: logitsRow)
      s.inverseZ[to] = s.inverseZ[from]
    }
    for pair in 0..<tree.pairCount {
      let from = parts.sharedPairs.known(token: tree.pairs.token[pair], position: tree.pairs.position[pair])
      (s.x0 + pair * C).update(from: computed.x0 + from * C, count: C)
      (s.y + pair * C).update(from: computed.y + from * C, count: C)
      (s.qkv + pair * 3 * C).update(from: computed.qkv + from * 3 * C, count: 3 * C)
      s.inverseX0[pair] = computed.inverseX0[from]
      s.inverseY[pair] = computed.inverseY[from]
    }
  }
}

// MARK: - x2 = x1 + W2 relu(W1 z), z = rms(x1), logits = Wlm x2

extension VectorEngine {
  private func transform() {
    kernels.rmsNorm(rows: tree.newRows, width: shape.dModel, x: s.x1, y: s.z, inverse: s.inverseZ)
    products.feedForward(rows: tree.newRows, s)
  }

  /// From the gradient of the logits (in `s.logits`) to that of x1 (`s.dx1`).
  private func transformBackward(
    _ w: UnsafePointer<Float>, _ d: UnsafeMutablePointer<Float>?, _ isFinal: (Int) -> Void
  ) {
    let R = tree.rowCount
    products.feedForwardBackward(rows: R, s, weights: w, gradient: d, isFinal: isFinal)
    kernels.rmsNormBackward(
      rows: R, width: shape.dModel, dy: s.dz, y: s.z, inverse: s.inverseZ, residual: s.dx, dx: s.dx1)
  }
}

// MARK: - loss = −log softmax(logits)[target]

extension VectorEngine {
  /// Leaves the gradient of the logits in `s.logits`.
  private func predict(scale: Double) -> Double {
    let R = tree.rowCount
    var loss = 0.0
    for edge in 0..<tree.edgeCount {
      let logit = s.logits[Int(tree.edgeRow[edge]) * logitsRow + Int(tree.edgeTarget[edge])]
      loss -= Double(tree.edgeNames[edge]) * Double(logit)
    }
    for row in 0..<R { s.weight[row] = Float(Double(tree.predictions[row]) * scale) }
    kernels.softmaxRows(
      rows: R, logits: s.logits, weight: s.weight, maximum: s.maximum, logNormaliser: s.logNormaliser)
    for row in 0..<R { loss += Double(tree.predictions[row]) * Double(s.logNormaliser[row]) }
    for edge in 0..<tree.edgeCount {
      let index = Int(tree.edgeRow[edge]) * logitsRow + Int(tree.edgeTarget[edge])
      s.logits[index] -= Float(Double(tree.edgeNames[edge]) * scale)
    }
    return loss
  }
}
