import GPT

/// A model's memory that a strategy provides: what forward passes read, and which part of it this rank writes.
public struct Replica {
  /// (P)
  public let parameters: UnsafeMutablePointer<Float>
  /// (ReplicaLayout.derivedCount); nil where each engine keeps its own.
  public let derived: UnsafeMutablePointer<Float>?
  /// Whether other ranks of the host read it too, and write what is not this rank's.
  public let isShared: Bool
  /// The parameters that this rank writes, with the weights derived from them.
  public let own: Range<Int>
}
