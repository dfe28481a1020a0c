/// A tensor and the digest of its bytes.
public struct TensorRoot: Hashable, Sendable, Codable {
  public let name: String
  /// As safetensors has it: `F32`, `F64`.
  public let type: String
  /// Slowest first.
  public let shape: [Int]
  /// Of the numbers' little-endian bytes, as `BlockTree` makes it.
  public let root: Digest

  public init(name: String, type: String, shape: [Int], root: Digest) {
    (self.name, self.type, self.shape, self.root) = (name, type, shape, root)
  }
}
