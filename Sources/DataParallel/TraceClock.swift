import CSIMD
import Glibc
import MPI

/// What rank 0's clock shows beside this rank's own.
public struct ClockReading: Sendable, Equatable, BitwiseCopyable {
  /// Of this rank's clock, in nanoseconds.
  public var at: UInt64
  /// To be added to this rank's clock to have rank 0's; in nanoseconds.
  public var offset: Double
  /// Nanoseconds that `offset` can be wrong by, at most.
  public var error: Double

  public init(at: UInt64, offset: Double, error: Double) {
    (self.at, self.offset, self.error) = (at, offset, error)
  }
}

/// One question to rank 0 for its time, and the answer.
struct ClockExchange {
  /// This rank's clock when it asked and when it heard.
  var asked, heard: UInt64
  /// Rank 0's in between.
  var told: UInt64

  /// The answer was given between question and hearing: in the middle, give or take half of the time between.
  var reading: ClockReading {
    let half = Double(heard - asked) / 2
    return ClockReading(
      at: asked + (heard - asked) / 2, offset: Double(Int64(bitPattern: told &- asked)) - half, error: half)
  }
}

/// The reading of the fastest exchange.
///
/// Source: Cristian, "Probabilistic clock synchronization", 1989.
func bestReading(_ exchanges: [ClockExchange]) -> ClockReading? {
  exchanges.map(\.reading).min { $0.error < $1.error }
}

/// Where two readings were taken, before and after: the offset at any time, on the line through both. Clocks of two
/// hosts drift apart by tens of microseconds per second.
public func clockOffset(at time: UInt64, _ before: ClockReading, _ after: ClockReading) -> Double {
  guard after.at > before.at else { return before.offset }
  let share = (Double(time) - Double(before.at)) / (Double(after.at) - Double(before.at))
  return before.offset + (after.offset - before.offset) * share
}

/// Compares every rank's clock with rank 0's, one rank after the other. Collective.
///
/// - Returns: this rank's; 0 on rank 0.
public func readClocks(over world: Communicator, exchanges: Int = 32) throws -> ClockReading {
  guard world.rank > 0 else {
    for rank in 0..<world.size where rank > 0 {
      for _ in 0..<exchanges {
        _ = try world.receive(Int.self, from: rank)
        try world.send(csimd_nanoseconds(), to: rank)
      }
    }
    return ClockReading(at: csimd_nanoseconds(), offset: 0, error: 0)
  }
  var all: [ClockExchange] = []
  for _ in 0..<exchanges {
    let asked = csimd_nanoseconds()
    try world.send(0, to: 0)
    let told = try world.receive(UInt64.self, from: 0)
    all.append(ClockExchange(asked: asked, heard: csimd_nanoseconds(), told: told))
  }
  return bestReading(all) ?? ClockReading(at: csimd_nanoseconds(), offset: 0, error: 0)
}

/// Whether this rank's clock is rank 0's own: processes of one machine have one monotonic clock. Collective.
public func sharesClockWithFirst(over world: Communicator) throws -> Bool {
  let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY)
  var text = [UInt8](repeating: 0, count: 64)
  if file >= 0 {
    _ = read(file, &text, text.count)
    close(file)
  }
  let first = try world.broadcast(text)
  return file >= 0 && first == text
}
