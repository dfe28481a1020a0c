/// How long life signs wait for what, in seconds.
public struct SignTiming: Sendable {
  /// From sign to sign of a rank.
  public var interval = 1.0
  /// For the first connection, and for the ranks of a host to find each other.
  public var connecting = 30.0
  /// For the next connection after one that was lost.
  public var reconnecting = 30.0
  /// For one address to answer.
  public var answer = 3.0
  /// For the last word to arrive.
  public var lastWord = 2.0
  /// Without a beat of a rank until it is called silent.
  public var silence = 5.0

  public init() {}
}
