/// Why a result cannot be written where it was to go: one sentence that begins with the option and its value.
public struct DestinationError: Error, Equatable, Sendable, CustomStringConvertible {
  public let option: String
  public let path: String
  public let reason: String
  /// Whether a request to stop ended the wait for somebody who reads.
  public var isStop = false

  public var description: String { "\(option) \(path): \(reason)" }
}
