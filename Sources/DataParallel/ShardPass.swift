import GPT
import Kernels

/// A rank's forward and backward pass over any number of names: in pieces, so that an engine's activations stay in the
/// second-level cache between the two.
///
/// A piece has neighbours of a sorted shard, which share nearly all prefixes that the whole shard shares. How a shard is cut
/// depends on its length and on the width alone.
final class ShardPass {
  private let engine: any Engine
  /// (P)
  private let parameters: UnsafePointer<Float>
  /// (P): the gradient of a piece after the first; empty where there is but one.
  private let other: AlignedBuffer<Float>
  private let factors: FactorStore?
  /// Of the passes since it was last set to zero.
  var work = StepWork.zero

  /// The most names of a piece: 1 MB of activations and more, by measurement. docs/diary.md.
  static func mostNames(_ shape: Shape) -> Int { max(6144 / shape.dModel, 16) }

  /// How many pieces so many names are worked on in.
  static func pieces(_ names: Int, shape: Shape) -> Int { (names + mostNames(shape) - 1) / mostNames(shape) }

  /// - Parameters:
  ///   - engine: for as many names as a piece has.
  ///   - parameters: (P), which outlive this.
  ///   - names: the most of one pass.
  ///   - factors: where `keep` leaves them, the engine's.
  init(_ engine: any Engine, parameters: UnsafePointer<Float>, names: Int, factors: FactorStore? = nil) {
    (self.engine, self.parameters, self.factors) = (engine, parameters, factors)
    other = AlignedBuffer(
      zeros: names > Self.mostNames(engine.shape) && factors == nil ? engine.shape.parameterCount : 0)
  }

  /// Runs both passes.
  ///
  /// - Parameters:
  ///   - names: sorted.
  ///   - scale: 1 / predicted positions of the GLOBAL batch.
  ///   - gradient: (P), overwritten.
  ///   - isFinal: as `Engine.backward` calls it.
  /// - Returns: the loss sum.
  func run(
    _ names: UnsafeBufferPointer<Name>, scale: Double, gradient: UnsafeMutablePointer<Float>,
    _ clock: inout PhaseClock, isFinal: (_ from: Int) -> Void = { _ in }
  ) -> Double {
    let pieces = Self.pieces(names.count, shape: engine.shape)
    guard pieces > 1 else { return pass(names, scale, gradient, &clock, isFinal) }
    var loss = 0.0
    for piece in 0..<pieces {
      let own = UnsafeBufferPointer(rebasing: names[Self.piece(piece, of: pieces, names.count)])
      guard piece > 0 else {
        loss += pass(own, scale, gradient, &clock) { _ in }
        continue
      }
      // From the last tensor to the first: what this piece will not change any more is added while it is near.
      var end = engine.shape.parameterCount
      loss += pass(own, scale, other.pointer, &clock) { from in
        guard from < end else { return }
        add(count: end - from, UnsafePointer(gradient + from), other.pointer + from, target: gradient + from)
        end = from
        if piece == pieces - 1 { isFinal(from) }
      }
    }
    return loss
  }

  /// Runs both passes over names whose gradients are added up part by part, and keeps what these are made of. Parts are
  /// computed in groups, as many at once as have their activations in the cache.
  ///
  /// - Parameters:
  ///   - names, scale: as `run` takes them.
  ///   - parts: one after the other, the number of a part's names and the brackets of the sum over all parts of the batch that
  ///     close after it.
  /// - Returns: the loss sum.
  func keep(
    _ names: UnsafeBufferPointer<Name>, scale: Double, parts: some Sequence<(names: Int, folds: Int)>,
    _ clock: inout PhaseClock
  ) -> Double {
    guard let factors else { return 0 }
    var (loss, done) = (0.0, 0)
    func computeGroup() {
      let own = UnsafeBufferPointer(rebasing: names[done..<done + factors.openNames])
      guard !own.isEmpty else { return }
      factors.beginGroup()
      loss += pass(own, scale, factors.embeddingGradients, &clock) { _ in }
      factors.endGroup()
      done += own.count
    }
    for part in parts {
      let pieces = Self.pieces(part.names, shape: engine.shape)
      for piece in 0..<pieces {
        let count = Self.piece(piece, of: pieces, part.names).count
        if factors.openNames + count > Self.mostNames(engine.shape) { computeGroup() }
        // The pieces are a bracket of their own.
        factors.addPass(names: count, folds: (piece > 0 ? 1 : 0) + (piece == pieces - 1 ? part.folds : 0))
      }
    }
    computeGroup()
    return loss
  }

  /// Writes the gradient of all that is kept.
  ///
  /// - Parameter gradient: (P), overwritten.
  func writeGradient(_ gradient: UnsafeMutablePointer<Float>) {
    guard let factors else { return }
    engine.gradient(of: factors, to: gradient)
  }

  /// Of so many names.
  static func piece(_ piece: Int, of pieces: Int, _ names: Int) -> Range<Int> {
    names * piece / pieces..<names * (piece + 1) / pieces
  }

  private func pass(
    _ names: UnsafeBufferPointer<Name>, _ scale: Double, _ gradient: UnsafeMutablePointer<Float>,
    _ clock: inout PhaseClock, _ isFinal: (_ from: Int) -> Void
  ) -> Double {
    let loss = engine.forward(names, parameters: parameters, scale: scale)
    clock.lap(.forward)
    engine.backward(parameters: parameters, gradient: gradient, isFinal: isFinal)
    clock.lap(.backward)
    work += engine.work
    return loss
  }
}
