import Values

/// What each rank of an attempt said last, and who hangs where nothing moves.
struct RankBoard {
  private struct Entry {
    let sign: LifeSign
    let arrived: Double

    /// In seconds; its own silence, also where its host goes on to speak of it.
    func silence(at now: Double) -> Double { now - arrived + Double(sign.silentFor) }
  }

  private var entries: [Int: Entry] = [:]
  /// The latest step of a rank that trains, and when a rank was first seen there.
  private(set) var furthest: (step: Int, at: Double)?

  /// The most ranks that are named.
  private static let most = 16

  var isEmpty: Bool { entries.isEmpty }

  /// - Returns: whether something moves.
  mutating func take(_ sign: LifeSign, at now: Double) -> Bool {
    guard sign.rank >= 0, sign.step >= 0 else { return false }
    let before = entries.updateValue(Entry(sign: sign, arrived: now), forKey: sign.rank)?.sign
    if sign.stage.isTraining, sign.step > furthest?.step ?? -1 { furthest = (sign.step, now) }
    // A rank that waits for its disk is slow and does not hang: another start would wait for the same disk. One that
    // was stopped meanwhile does hang.
    let waits = sign.stage.isWaitingForDisk && Double(sign.silentFor) <= Waits.beat
    return waits || before?.step != sign.step || before?.stage != sign.stage
  }

  /// One line for each rank that hangs.
  ///
  /// - Parameter ranks: of the job.
  func hanging(of ranks: Int, at now: Double) -> [String] {
    guard let lowest = entries.values.map(\.sign.step).min() else { return ["  no rank has ever been heard of"] }
    let unheard = unheardThrough(at: now)
    var lines: [String] = []
    for rank in 0..<max(0, ranks) {
      guard lines.count < Self.most else { break }
      guard let entry = entries[rank] else {
        lines.append("  rank \(rank) was never heard of")
        continue
      }
      let who = "  rank \(rank) (process \(entry.sign.process) on \(entry.sign.host))"
      if let speaker = unheard[entry.sign.host] {
        guard speaker.rank == rank else { continue }
        let others =
          speaker.others == 0 ? "" : "; without it, \(plural(speaker.others, "other rank")) there cannot be heard"
        lines.append("\(who) gives no sign of life since step \(entry.sign.step)\(others)")
      } else if entry.silence(at: now) > Waits.beat {
        lines.append("\(who) gives no sign of life since step \(entry.sign.step)")
      } else if entry.sign.step == lowest, entry.sign.stage != .exchanging {
        lines.append("\(who) does not come to an end of \(entry.sign.stage) at step \(lowest)")
      }
    }
    return lines.isEmpty ? ["  all \(ranks) ranks wait for each other, at step \(lowest)"] : lines
  }

  /// By host of which nothing arrives any more: the rank that speaks for it, its lowest, and how many others it speaks
  /// for. They may be well.
  private func unheardThrough(at now: Double) -> [String: (rank: Int, others: Int)] {
    var hosts: [String: (rank: Int, others: Int, latest: Double)] = [:]
    for (rank, entry) in entries {
      let before = hosts[entry.sign.host]
      hosts[entry.sign.host] = (
        min(rank, before?.rank ?? rank), before.map { $0.others + 1 } ?? 0,
        max(entry.arrived, before?.latest ?? entry.arrived)
      )
    }
    return hosts.filter { now - $0.value.latest > Waits.beat }.mapValues { ($0.rank, $0.others) }
  }
}

extension RunStage {
  /// Whether the step that a rank names is one of the run: before, it may be 0 in a run that goes on.
  fileprivate var isTraining: Bool { self != .starting && self != .reading }
  fileprivate var isWaitingForDisk: Bool { self == .reading || self == .writing }
}
