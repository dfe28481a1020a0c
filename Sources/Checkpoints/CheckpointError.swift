import Values

/// Why a checkpoint could not be read or written: one sentence that begins with the path.
public struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible, CauseKnown {
  public enum Kind: Equatable, Sendable {
    /// The file is not what was written, or was never a checkpoint. An older one may do.
    case damaged
    /// A whole checkpoint that this program cannot or should not go on with.
    case refused
    /// The system, or another program, is in the way.
    case system
    /// The folder is no longer this run's, and it writes no more there.
    case lost
  }

  public let kind: Kind
  public let path: String
  public let reason: String

  public init(_ kind: Kind, _ path: String, _ reason: String) {
    (self.kind, self.path, self.reason) = (kind, path, reason)
  }

  public var failureCause: FailureCause { kind == .refused ? .otherRun : FailureCause(message: reason) }

  public var description: String {
    switch kind {
    case .damaged: "\(path): damaged: \(reason)"
    case .refused, .system, .lost: "\(path): \(reason)"
    }
  }
}
