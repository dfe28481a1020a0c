import Glibc

/// What is in the way, for a program that might start this one again.
public enum FailureCause: Int32, Sendable {
  case other
  /// The loss is no longer a number.
  case diverged
  case noPermission
  /// What is kept there is another run's.
  case otherRun
  case diskFull

  /// - Parameter message: of an error, in which the system's own words stand where it was the system's.
  public init(message: String) {
    func says(_ codes: [Int32]) -> Bool { codes.contains { message.contains(String(cString: strerror($0))) } }
    self = says([ENOSPC, EDQUOT]) ? .diskFull : says([EACCES, EPERM, EROFS]) ? .noPermission : .other
  }
}

/// An error that knows what is in the way.
public protocol CauseKnown: Error {
  var failureCause: FailureCause { get }
}
