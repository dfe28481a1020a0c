import Kernels

/// What the vector engine's step computes beside its matrix products and plain sums, so that it can be computed one number at a
/// time as well. Arguments are those of the functions of these names in Kernels.
protocol StepKernels: AnyObject {
  func rmsNorm(
    rows: Int, width: Int, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, inverse: UnsafeMutablePointer<Float>
  )

  func rmsNormBackward(
    rows: Int, width: Int, dy: UnsafePointer<Float>, y: UnsafePointer<Float>, inverse: UnsafePointer<Float>,
    residual: UnsafePointer<Float>?, dx: UnsafeMutablePointer<Float>)

  func attention(
    _ rows: AttentionRows, shape: AttentionShape, qkv: UnsafePointer<Float>, probabilities: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>)

  func attentionBackward(
    _ rows: AttentionRows, shape: AttentionShape, qkv: UnsafePointer<Float>, probabilities: UnsafePointer<Float>,
    dOutput: UnsafePointer<Float>, dqkv: UnsafeMutablePointer<Float>)

  func softmaxRows(
    rows: Int, logits: UnsafeMutablePointer<Float>, weight: UnsafePointer<Float>, maximum: UnsafeMutablePointer<Float>,
    logNormaliser: UnsafeMutablePointer<Float>)

  func adam(
    count: Int, step: AdamStep, gradients: Gradients, offset: Int, parameters: UnsafeMutablePointer<Float>,
    first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, next: AdamPrefetch)
}

/// In vectors.
final class VectorKernels: StepKernels {
  private let exponential: ExponentialKind
  private let arithmetic: Arithmetic

  init(_ options: EngineOptions) {
    arithmetic = options.arithmetic
    exponential = arithmetic == .defined ? .defined : options.exponential.kernel
  }

  func rmsNorm(
    rows: Int, width: Int, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, inverse: UnsafeMutablePointer<Float>
  ) {
    Kernels.rmsNorm(rows: rows, width: width, x: x, y: y, inverse: inverse)
  }

  func rmsNormBackward(
    rows: Int, width: Int, dy: UnsafePointer<Float>, y: UnsafePointer<Float>, inverse: UnsafePointer<Float>,
    residual: UnsafePointer<Float>?, dx: UnsafeMutablePointer<Float>
  ) {
    Kernels.rmsNormBackward(rows: rows, width: width, dy: dy, y: y, inverse: inverse, residual: residual, dx: dx)
  }

  func attention(
    _ rows: AttentionRows, shape: AttentionShape, qkv: UnsafePointer<Float>, probabilities: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    Kernels.attention(
      rows, shape: shape, exponential: exponential, qkv: qkv, probabilities: probabilities, output: output)
  }

  func attentionBackward(
    _ rows: AttentionRows, shape: AttentionShape, qkv: UnsafePointer<Float>, probabilities: UnsafePointer<Float>,
    dOutput: UnsafePointer<Float>, dqkv: UnsafeMutablePointer<Float>
  ) {
    Kernels.attentionBackward(
      rows, shape: shape, arithmetic: arithmetic, qkv: qkv, probabilities: probabilities, dOutput: dOutput, dqkv: dqkv)
  }

  func softmaxRows(
    rows: Int, logits: UnsafeMutablePointer<Float>, weight: UnsafePointer<Float>, maximum: UnsafeMutablePointer<Float>,
    logNormaliser: UnsafeMutablePointer<Float>
  ) {
    Kernels.softmaxRows(
      rows: rows, exponential: exponential, logits: logits, weight: weight, maximum: maximum,
      logNormaliser: logNormaliser)
  }

  func adam(
    count: Int, step: AdamStep, gradients: Gradients, offset: Int, parameters: UnsafeMutablePointer<Float>,
    first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, next: AdamPrefetch
  ) {
    Kernels.adam(
      count: count, step: step, gradients: gradients, offset: offset, parameters: parameters, first: first,
      second: second, next: next)
  }
}

/// One number at a time, in the defined arithmetic.
final class PlainKernels: StepKernels {
  func rmsNorm(
    rows: Int, width: Int, x: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, inverse: UnsafeMutablePointer<Float>
  ) {
    Plain.rmsNorm(rows: rows, width: width, x: x, y: y, inverse: inverse)
  }

  func rmsNormBackward(
    rows: Int, width: Int, dy: UnsafePointer<Float>, y: UnsafePointer<Float>, inverse: UnsafePointer<Float>,
    residual: UnsafePointer<Float>?, dx: UnsafeMutablePointer<Float>
  ) {
    Plain.rmsNormBackward(rows: rows, width: width, dy: dy, y: y, inverse: inverse, residual: residual, dx: dx)
  }

  func attention(
    _ rows: AttentionRows, shape: AttentionShape, qkv: UnsafePointer<Float>, probabilities: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    Plain.attention(rows, shape: shape, qkv: qkv, probabilities: probabilities, output: output)
  }

  func attentionBackward(
    _ rows: AttentionRows, shape: AttentionShape, qkv: UnsafePointer<Float>, probabilities: UnsafePointer<Float>,
    dOutput: UnsafePointer<Float>, dqkv: UnsafeMutablePointer<Float>
  ) {
    Plain.attentionBackward(
      rows, shape: shape, qkv: qkv, probabilities: probabilities, dOutput: dOutput, dqkv: dqkv)
  }

  func softmaxRows(
    rows: Int, logits: UnsafeMutablePointer<Float>, weight: UnsafePointer<Float>, maximum: UnsafeMutablePointer<Float>,
    logNormaliser: UnsafeMutablePointer<Float>
  ) {
    Plain.softmaxRows(rows: rows, logits: logits, weight: weight, maximum: maximum, logNormaliser: logNormaliser)
  }

  func adam(
    count: Int, step: AdamStep, gradients: Gradients, offset: Int, parameters: UnsafeMutablePointer<Float>,
    first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, next: AdamPrefetch
  ) {
    Plain.adam(
      count: count, step: step, gradients: gradients, offset: offset, parameters: parameters, first: first,
      second: second)
  }
}
