import Dataset
import GPT

/// What training changes: the parameters and Adam's two moments, in canonical order.
public final class ModelState {
  public let shape: Shape
  /// (P)
  public let parameters: AlignedBuffer<Float>
  /// (P): Adam's running means of the gradient and of its square.
  public let first, second: AlignedBuffer<Float>

  public init(shape: Shape, seed: UInt64) {
    self.shape = shape
    parameters = AlignedBuffer(zeros: shape.parameterCount)
    first = AlignedBuffer(zeros: shape.parameterCount)
    second = AlignedBuffer(zeros: shape.parameterCount)
    shape.initialise(parameters.pointer, seed: seed)
  }

  /// XXH3-128 over the parameters' bits in canonical order, in hexadecimal: equal for equal runs, whatever
  /// number of ranks and memory layout they had.
  public var parametersHash: String {
    var hasher = ContentHasher()
    hasher.update(UnsafeRawBufferPointer(parameters.buffer))
    return hasher.hexDigest()
  }
}
