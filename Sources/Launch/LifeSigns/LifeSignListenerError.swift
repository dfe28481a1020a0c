import Glibc

/// Why signs of life cannot be listened for.
public struct LifeSignListenerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was to be had: an address, a folder.
  public let what: String
  public let reason: String

  public var description: String { "no signs of life can be heard: \(what): \(reason)" }

  /// What the system says of the call that has just failed.
  static func lastError(_ what: String) -> Self { Self(what: what, reason: String(cString: strerror(errno))) }
}
