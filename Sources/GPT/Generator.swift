import CSIMD
import Kernels

/// Writes new names, one letter at a time, from trained parameters.
///
/// One position at a time in plain loops, with the keys and values of earlier positions kept: ten names take
/// a few milliseconds, and the arithmetic is the reference's.
public final class Generator {
  private let shape: Shape
  private let parameters: UnsafePointer<Float>
  private let model: ScalarModel<Float>
  private let random: CounterRandom

  /// - Parameters:
  ///   - parameters: (P), canonical order; must outlive the generator.
  ///   - seed: the same seed gives the same names.
  public init(shape: Shape, parameters: UnsafePointer<Float>, seed: UInt64) {
    self.shape = shape
    self.parameters = parameters
    model = ScalarModel(shape: shape, names: 1)
    random = CounterRandom(seed: seed, stream: .generation)
  }

  /// Letters (0…25) of name number `index`, at most 16 of them.
  ///
  /// - Parameter temperature: logits are divided by it; > 0. Low is cautious, 1 is what was learnt.
  public func name(_ index: Int, temperature: Double) -> [UInt8] {
    var letters: [UInt8] = []
    while letters.count < Shape.context {
      let previous = letters.last.map(Int.init) ?? Shape.boundary
      let logits = model.logits(token: previous, position: letters.count, parameters: parameters)
      let draw = random.uniform(UInt64(index * Shape.context + letters.count))
      let token = sample(logits, temperature: temperature, draw: draw)
      if token == Shape.boundary { break }
      letters.append(UInt8(token))
    }
    return letters
  }

  /// Inverts the cumulative distribution of softmax(logits / temperature) at `draw` (0…1).
  private func sample(_ logits: [Float], temperature: Double, draw: Double) -> Int {
    let top = logits.max() ?? 0
    let weights = logits.map { csimd_exp(Double($0 - top) / temperature) }
    var left = draw * weights.reduce(0, +)
    for (token, weight) in weights.enumerated() {
      left -= weight
      if left < 0 { return token }
    }
    return weights.count - 1
  }
}
