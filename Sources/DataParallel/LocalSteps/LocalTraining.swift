import CSIMD
import GPT
import Kernels
import MPI

/// The steps of a group between two exchanges with other groups, and these exchanges.
final class LocalTraining {
  let local: LocalSteps
  let groups: RankGroups
  /// Of this rank's group; where groups are played, of each of them.
  private let members: [Member]
  private let exchange: OuterExchange?
  private let beta2: Double
  /// Of the run.
  private let steps: Int
  private let bitFlip: BitFlip?
  private let world: Communicator
  /// Of the round whose steps are being taken, and of the one before, which is on its way where exchanges overlap.
  private var log, other: RoundLog
  private var isOnItsWay = false
  /// Whether the groups have all the same model: after a round during whose exchange nobody went on.
  private(set) var isTogether = true
  /// Exchanges of this process, and the seconds that they took besides the steps.
  private(set) var rounds = 0
  private(set) var seconds = 0.0

  private final class Member {
    let step: TrainingStep
    /// Nil for a rank that has no slice.
    let slice: OuterSlice?
    /// Predicted by the group in this round.
    var positions = 0

    init(_ step: TrainingStep, _ slice: OuterSlice?) { (self.step, self.slice) = (step, slice) }
  }

  /// Collective.
  ///
  /// - Parameters:
  ///   - steps: of this rank's group; where groups are played, of each of them.
  init(
    _ local: LocalSteps, _ groups: RankGroups, settings: Settings, steps: [TrainingStep], spans: [Range<Int>],
    world: Communicator
  ) throws {
    (self.local, self.groups) = (local, groups)
    (beta2, self.steps, bitFlip, self.world) = (settings.beta2, settings.steps, settings.bitFlip, world)
    members = steps.map { step in
      Member(step, spans.isEmpty ? nil : OuterSlice(local, state: step.state, spans: spans))
    }
    let most = min(local.every, settings.steps)
    let messageCount = members[0].slice?.message.count ?? 0
    exchange =
      local.isPlayed
      ? nil
      : try OuterExchange(
        groups, messageCount: messageCount, logCount: 5 * most + 1, reproducible: settings.reproducible, world: world)
    (log, other) = (RoundLog(steps: most), RoundLog(steps: most))
  }

  /// The parameters were given to all groups.
  func begin() {
    for member in members { member.slice?.begin() }
  }

  /// Takes a step of the group, or of each that is played, and keeps what became of it.
  func step(
    _ step: Int, measuringWait: Bool, requests: StepRequests, trace: Trace?
  ) throws {
    let start = csimd_nanoseconds()
    var outcome = try take(members[0], step, measuringWait, requests, trace)
    for member in members.dropFirst() {
      let other = try take(member, step, false, [], nil)
      let positions = outcome.positions + other.positions
      outcome.loss =
        (outcome.loss * Double(outcome.positions) + other.loss * Double(other.positions)) / Double(positions)
      outcome.positions = positions
      outcome.requests.formUnion(other.requests)
    }
    log.add(
      outcome, nanoseconds: Double(csimd_nanoseconds() - start), phases: measuringWait ? outcome.phases : nil)
    if isOnItsWay { try exchange?.progress() }
    isTogether = false
  }

  private func take(
    _ member: Member, _ step: Int, _ measuringWait: Bool, _ requests: StepRequests, _ trace: Trace?
  ) throws -> TrainingStep.Outcome {
    let outcome = try member.step.run(
      step, measuringWait: measuringWait, check: nil, requests: requests, trace: trace)
    member.positions += outcome.positions
    return outcome
  }

  /// Whether a round ends after so many steps.
  func ends(round taken: Int) -> Bool { taken % local.every == 0 || taken == steps }

  /// Ends a round: what was on its way is taken in, and the round is exchanged. Where exchanges overlap it stays on its way,
  /// unless the groups are to be one afterwards.
  ///
  /// - Parameters:
  ///   - taken: steps, with this round's.
  ///   - wholly: whether the groups are to be one, though the run goes on and nothing was asked for in the round that was on
  ///     its way.
  ///   - measuresAll: whether the phases of every step are measured: then the exchange is a part of the last one's.
  ///   - check: what is to compare the groups' parameters where they are one.
  ///   - onEntry: hears of each step of which all groups' outcomes are known now, in order, and whether the groups are
  ///     one after it.
  func endRound(
    after taken: Int, wholly: Bool, measuresAll: Bool, trace: Trace?, check: ReplicaCheck?,
    onEntry: (RoundLog.Entry, _ isTogether: Bool) throws -> Void
  ) throws {
    var clock = PhaseClock(trace: trace)
    let hasOther = isOnItsWay
    if hasOther {
      try exchange?.finish(other)
      takeSums { $0.takeIn($1, steps: log.count, beta2: beta2) }
    }
    isTogether = wholly || taken == steps || !local.overlaps || hasOther && !other.requests.isEmpty
    for member in members {
      member.slice?.leave(positions: member.positions)
      member.positions = 0
    }
    try exchange?.start(members[0].slice?.message.buffer, log)
    isOnItsWay = !isTogether
    if isTogether {
      try exchange?.finish(log)
      takeSums { $0.take($1) }
      check?.seal()
    }
    for member in members { try member.step.parametersReplaced() }
    if isTogether {
      try flipBit(upTo: taken)
      try check?.compare(step: taken)
    }
    clock.lap(.synchronisation)
    rounds += 1
    seconds += clock.times.total * 1e-9
    log.addToLast(clock.times, inPhases: measuresAll)
    if hasOther { try tell(other, isTogether: false, onEntry) }
    if isTogether {
      try tell(log, isTogether: true, onEntry)
    } else {
      swap(&log, &other)
    }
    log.clear()
  }

  /// - Parameter isTogether: after the last step.
  private func tell(
    _ log: RoundLog, isTogether: Bool, _ onEntry: (RoundLog.Entry, _ isTogether: Bool) throws -> Void
  ) throws {
    for index in 0..<log.count { try onEntry(log[index], isTogether && index == log.count - 1) }
  }

  /// For tests: the bit flips in the first model that all groups have after its step.
  private func flipBit(upTo taken: Int) throws {
    guard let bitFlip, taken - log.count < bitFlip.step, bitFlip.step <= taken else { return }
    if bitFlip.rank == world.rank { members[0].step.flipBit() }
    try world.barrier()
  }

  /// Hands each member the sums of all groups.
  private func takeSums(_ body: (OuterSlice, UnsafePointer<Float>) -> Void) {
    guard let first = members[0].slice else { return }
    for member in members.dropFirst() {
      if let other = member.slice {
        add(count: first.message.count, first.message.pointer, other.message.pointer, target: first.message.pointer)
      }
    }
    for member in members {
      if let slice = member.slice { body(slice, first.message.pointer) }
    }
  }
}
