import CSIMD
import MPI

/// Rounds in which all cases of a measurement take their turn, until the time is over.
public struct Turns: Sendable {
  /// A round that has begun by then is finished.
  public var seconds: Double
  /// At least this many rounds are taken, whatever time they need.
  public var leastRounds: Int

  /// How far the rounds are.
  public struct Progress: Sendable {
    public var turns: Turns
    public var rounds: Int
    /// Since the first round began.
    public var elapsedSeconds: Double

    public init(turns: Turns, rounds: Int, elapsedSeconds: Double) {
      (self.turns, self.rounds, self.elapsedSeconds) = (turns, rounds, elapsedSeconds)
    }

    /// Estimated by the rounds so far.
    public var secondsLeft: Double {
      let missing = Double(max(0, turns.leastRounds - rounds))
      return max(0, turns.seconds - elapsedSeconds, rounds > 0 ? elapsedSeconds / Double(rounds) * missing : 0)
    }
  }

  public init(seconds: Double, leastRounds: Int = 1) {
    (self.seconds, self.leastRounds) = (seconds, leastRounds)
  }

  /// Runs rounds, the same number on all ranks of `group`; a request to stop ends them. Collective over `group`.
  ///
  /// - Parameters:
  ///   - group: nil for one rank that works alone while the others sleep.
  ///   - isStopped: what tells rank 0 of a request; `Communicator.rest` hears the sleepers' as well.
  ///   - progress: hears before the first round and after each, on every rank.
  public func run(
    over group: Communicator? = nil, isStopped: () throws -> Bool = { StopSignal.isRequested },
    progress: (Progress) -> Void = { _ in }, round: () throws -> Void
  ) throws {
    var now = Progress(turns: self, rounds: 0, elapsedSeconds: 0)
    let start = csimd_nanoseconds()
    progress(now)
    repeat {
      try round()
      now.rounds += 1
      now.elapsedSeconds = Double(csimd_nanoseconds() - start) * 1e-9
      progress(now)
    } while try goesOn(now, over: group, isStopped)
  }

  private func goesOn(_ now: Progress, over group: Communicator?, _ isStopped: () throws -> Bool) throws -> Bool {
    let own = try (now.elapsedSeconds < seconds || now.rounds < leastRounds) && !isStopped()
    return try group.map { try StopSignal.goesOn(own, over: $0) } ?? own
  }
}
