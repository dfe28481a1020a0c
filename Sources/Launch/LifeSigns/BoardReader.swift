import Values

/// What the ranks of a host say on its board, look by look: which of them beat, and which have stopped.
struct BoardReader {
  private struct Seen {
    var beat: Int
    var entry: HostBoard.Entry
    /// Without a beat, in nanoseconds.
    var silent: Int
  }

  private let board: HostBoard
  private let silence: Int
  /// The most that the time from look to look counts. More than that, the reader itself was stopped or starved, and knows
  /// nothing of the others.
  private let longestLook: Int
  private var seen: [Seen?]
  private var looked: Int

  /// - Parameters:
  ///   - silence: nanoseconds without a beat after which a rank is called silent.
  ///   - interval: nanoseconds from look to look.
  ///   - now: nanoseconds, on the monotonic clock.
  init(_ board: HostBoard, silence: Int, interval: Int, now: Int) {
    self.board = board
    self.silence = silence
    longestLook = 2 * interval
    seen = Array(repeating: nil, count: board.count)
    looked = now
  }

  /// A sign of every rank that has ever beaten.
  mutating func signs(of host: SignHost, now: Int) -> [LifeSign] {
    let elapsed = min(max(0, now - looked), longestLook)
    looked = now
    return seen.indices.compactMap { index in
      seen[index]?.silent += elapsed
      // While a rank writes, or if it is stopped in the middle of that, what it said before counts.
      if let (beat, entry) = board.read(index), beat != seen[index]?.beat {
        seen[index] = Seen(beat: beat, entry: entry, silent: 0)
      }
      guard let seen = seen[index], seen.entry.rank < host.ranks else { return nil }
      let silent = seen.silent >= silence ? Self.seconds(seen.silent) : 0
      return LifeSign(
        rank: seen.entry.rank, process: seen.entry.process, host: host.name, step: seen.entry.step,
        stage: seen.entry.stage, seconds: Self.seconds(now - seen.entry.since), silentFor: silent)
    }
  }

  private static func seconds(_ nanoseconds: Int) -> Int { min(max(0, nanoseconds / 1_000_000_000), Int(Int32.max)) }
}
