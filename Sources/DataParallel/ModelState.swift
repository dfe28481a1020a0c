import Dataset
import Files
import GPT
import Kernels

/// What training changes: the parameters and Adam's two moments, in canonical order.
public final class ModelState {
  public let shape: Shape
  /// (P)
  public let parameters: AlignedBuffer<Float>
  /// (P): Adam's running means of the gradient and of its square.
  public let first, second: AlignedBuffer<Float>
  /// (P): the parameters after each of a run's last steps, summed up by who updates them. Double precision has room for the
  /// sum of 2²⁹ floats of one size without rounding, so that a mean over many steps is as good as one over few. Empty
  /// where no mean is wanted.
  public let sums: AlignedBuffer<Double>
  /// (P): how the outer parameters of groups of ranks move (`OuterUpdate`). Empty where they have no momentum.
  public let outerMomentum: AlignedBuffer<Float>

  public var arrays: ModelArrays {
    ModelArrays(
      parameters: parameters.pointer, first: first.pointer, second: second.pointer,
      sums: sums.count > 0 ? sums.pointer : nil, outerMomentum: outerMomentum.count > 0 ? outerMomentum.pointer : nil)
  }

  /// - Parameters:
  ///   - replica: where the parameters live, of which then only its own are written here; nil for memory of this state's
  ///     own. The moments and sums of others' parameters are never touched, and take no memory.
  ///   - averages: whether a mean is wanted.
  ///   - hasOuterMomentum: whether groups of ranks have one.
  public init(
    shape: Shape, seed: UInt64, replica: Replica? = nil, averages: Bool = false, hasOuterMomentum: Bool = false
  ) {
    self.shape = shape
    let count = shape.parameterCount
    first = AlignedBuffer(zeros: count)
    second = AlignedBuffer(zeros: count)
    sums = AlignedBuffer(zeros: averages ? count : 0)
    outerMomentum = AlignedBuffer(zeros: hasOuterMomentum ? count : 0)
    parameters = replica.map { AlignedBuffer(over: $0.parameters, count: count) } ?? AlignedBuffer(zeros: count)
    shape.initialise(parameters.pointer, spans: replica?.ownSpans, seed: seed)
  }

  /// Adds some of the parameters to their sums.
  func accumulate(_ spans: [Range<Int>]) {
    for span in spans {
      Kernels.accumulate(count: span.count, parameters.pointer + span.lowerBound, sums: sums.pointer + span.lowerBound)
    }
  }

  /// XXH3-128 over the parameters' bits in canonical order, in hexadecimal: equal for equal runs, whatever
  /// number of ranks and memory layout they had.
  public var parametersHash: String {
    var hasher = ContentHasher()
    hasher.update(UnsafeRawBufferPointer(parameters.buffer))
    return hasher.hexDigest()
  }
}

/// A model's memory that a strategy provides: what forward passes read, and which part of it this rank writes.
public struct Replica {
  /// (P)
  public let parameters: UnsafeMutablePointer<Float>
  /// (ReplicaLayout.derivedCount); nil where each engine keeps its own.
  public let derived: UnsafeMutablePointer<Float>?
  /// Whether other ranks of the host read it too, and write what is not this rank's.
  public let isShared: Bool
  /// The parameters that this rank writes, with the weights derived from them: in the engine's tile order
  /// (`ReplicaLayout`), and as ranges in canonical order.
  public let own: Range<Int>
  public let ownSpans: [Range<Int>]
}
