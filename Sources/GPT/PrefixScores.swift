import CSIMD

/// What it takes to say how probable a token was after a prefix: the logits, and the logarithms of their sums.
///
/// Beside `PrefixMemory`, by its numbers. Sums are in double precision; logits carry the forward pass's rounding.
final class PrefixScores {
  private let inverseTemperature: Double
  /// (capacity, 32)
  private let logits: AlignedBuffer<Float>
  /// (capacity, 2): log Σ exp(logit) of all tokens, at temperature 1 and at the generator's.
  private let normalisers: AlignedBuffer<Double>
  /// log Σ exp(logit / temperature) of the letters after the empty prefix.
  private let firstLetters: Double

  private static let row = 32

  /// - Parameter first: (27) logits after the empty prefix.
  init(capacity: Int, temperature: Double, first: UnsafePointer<Float>) {
    inverseTemperature = 1 / temperature
    logits = AlignedBuffer(zeros: capacity * Self.row)
    normalisers = AlignedBuffer(zeros: capacity * 2)
    firstLetters = Self.logSum(first, Shape.boundary, inverseTemperature)
  }

  /// - Parameter row: (27), the logits after `prefix`.
  func keep(_ row: UnsafePointer<Float>, of prefix: Int) {
    (logits.pointer + prefix * Self.row).update(from: row, count: Shape.vocabulary)
    normalisers[2 * prefix] = Self.logSum(row, Shape.vocabulary, 1)
    normalisers[2 * prefix + 1] = Self.logSum(row, Shape.vocabulary, inverseTemperature)
  }

  /// Natural logarithms of a token's probability: the model's, and that with which it is drawn. No name is empty, so that
  /// the first token is drawn among letters alone.
  func logProbabilities(of token: Int, after prefix: Int, isFirst: Bool) -> (model: Double, drawn: Double) {
    let logit = Double(logits[prefix * Self.row + token])
    return (
      logit - normalisers[2 * prefix],
      logit * inverseTemperature - (isFirst ? firstLetters : normalisers[2 * prefix + 1])
    )
  }

  /// log Σ exp(logit · scale) over the first `count`.
  private static func logSum(_ logits: UnsafePointer<Float>, _ count: Int, _ scale: Double) -> Double {
    var top = logits[0]
    for token in 1..<count { top = max(top, logits[token]) }
    var sum = 0.0
    for token in 0..<count { sum += csimd_exp((Double(logits[token]) - Double(top)) * scale) }
    return Double(top) * scale + csimd_log(sum)
  }
}
