import Schemas

extension Link {
  /// TCP as Open MPI uses it: announcement, answer and data of a large message cross one after another.
  public static func tcp(latency: Double, perByte: Double) -> Link {
    Link {
      ($0.latency, $0.perByte) = (latency, perByte)
      ($0.eagerLimit, $0.latenciesOfLarge) = (65536, 3)
    }
  }

  /// Shared memory as Open MPI uses it: the receiver of a large message fetches it itself once it is announced.
  public static func sharedMemory(latency: Double, perByte: Double) -> Link {
    Link {
      ($0.latency, $0.perByte) = (latency, perByte)
      ($0.eagerLimit, $0.latenciesOfLarge) = (4096, 1)
    }
  }

  /// - Parameter gigabits: per second.
  public static func perByte(gigabits: Double) -> Double { 8e-3 / gigabits }

  /// Per second; infinite where a byte costs nothing.
  public var gigabits: Double { 8e-3 / perByte }

  func latencies(of bytes: Double) -> Double { bytes > eagerLimit ? latenciesOfLarge : 1 }
}
