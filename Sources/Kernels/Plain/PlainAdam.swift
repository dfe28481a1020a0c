extension Plain {
  /// One Adam update of `count` parameters by the sum of several gradients.
  public static func adam(
    count: Int, step: AdamStep, gradients: UnsafeBufferPointer<Floats>, offset: Int, parameters: MutableFloats,
    first: MutableFloats, second: MutableFloats
  ) {
    for i in 0..<count {
      var sum = gradients[0][offset + i]
      for source in gradients.dropFirst() { sum += source[offset + i] }
      let g = min(max(sum, -1e18), 1e18) + (sum - sum)
      let tall: Float = abs(g) < 0x1p-50 ? 0 : g
      first[i] = withoutTiny(multiplyAdd(first[i] * Float(AdamStep.beta1), Float(1 - AdamStep.beta1), g))
      second[i] = withoutTiny(multiplyAdd(second[i] * step.beta2, step.secondShare, tall * tall))
      let root = (second[i] * step.secondCorrection).squareRoot()
      parameters[i] = multiplyAdd(parameters[i], -step.rate, first[i] / (root + Float(AdamStep.epsilon)))
    }
  }
}
