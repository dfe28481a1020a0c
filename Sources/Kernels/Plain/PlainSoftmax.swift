extension Plain {
  /// Softmax of 27 logits per row, weighed for the backward pass.
  public static func softmaxRows(
    rows: Int, logits: MutableFloats, weight: Floats, maximum: MutableFloats, logNormaliser: MutableFloats
  ) {
    for row in 0..<rows {
      let x = logits + row * logitsRow
      var top = x[0]
      for i in 1..<vocabulary { top = max(top, x[i]) }
      var lanes = Lanes(repeating: 0)
      for i in 0..<vocabulary {
        x[i] = exponential(x[i] - top)
        lanes[i % 16] += x[i]
      }
      let sum = sum(lanes)
      let scale = weight[row] / sum
      for i in 0..<vocabulary { x[i] *= scale }
      for i in vocabulary..<logitsRow { x[i] = 0 }
      maximum[row] = top
      logNormaliser[row] = top + logarithm(sum)
    }
  }
}
