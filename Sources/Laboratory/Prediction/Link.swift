/// What messages cost between two ranks.
public struct Link: Codable, Sendable, Equatable {
  /// α: from a send to the arrival of an empty message, in µs.
  public var latency: Double
  /// β: in µs.
  public var perByte: Double
  /// Messages above this are announced first: Open MPI's `eager_limit`, in bytes.
  public var eagerLimit: Double
  /// What a message above `eagerLimit` waits before its bytes leave and while they arrive, in latencies.
  public var latenciesOfLarge: Double

  public init(latency: Double, perByte: Double, eagerLimit: Double, latenciesOfLarge: Double) {
    self.latency = latency
    self.perByte = perByte
    self.eagerLimit = eagerLimit
    self.latenciesOfLarge = latenciesOfLarge
  }

  /// TCP as Open MPI uses it: announcement, answer and data of a large message cross one after another.
  public static func tcp(latency: Double, perByte: Double) -> Link {
    Link(latency: latency, perByte: perByte, eagerLimit: 65536, latenciesOfLarge: 3)
  }

  /// Shared memory as Open MPI uses it: the receiver of a large message fetches it itself once it is announced.
  public static func sharedMemory(latency: Double, perByte: Double) -> Link {
    Link(latency: latency, perByte: perByte, eagerLimit: 4096, latenciesOfLarge: 1)
  }

  /// - Parameter gigabits: a second.
  public static func perByte(gigabits: Double) -> Double { 8 / (gigabits * 1000) }

  func latencies(of bytes: Double) -> Double { bytes > eagerLimit ? latenciesOfLarge : 1 }
}
