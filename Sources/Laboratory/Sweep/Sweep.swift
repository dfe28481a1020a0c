import CSIMD
import DataParallel
import MPI
import Schemas

/// Many trainings on the ranks of a job, each by a group of ranks: as many at a time as there are groups.
public final class Sweep {
  private let data: TrialData
  private let world: Communicator
  private let owner: OwnedCommunicator
  private var group: Communicator { owner.communicator }
  /// The ranks of each group, and how many groups there are.
  public let ranksPerTrial, groups: Int
  private var groupIndex: Int { world.rank / ranksPerTrial }

  /// How long leaders of groups waited for a trial, in milliseconds; on rank 0.
  public private(set) var waits: [Double] = []

  /// Collective.
  ///
  /// - Parameter ranksPerTrial: divides the number of ranks.
  public init(_ data: TrialData, ranksPerTrial: Int, world: Communicator) throws {
    precondition(world.size % ranksPerTrial == 0)
    (self.data, self.world, self.ranksPerTrial) = (data, world, ranksPerTrial)
    groups = world.size / ranksPerTrial
    guard let owner = try world.split(color: world.rank / ranksPerTrial) else {
      preconditionFailure("every rank has a color")
    }
    self.owner = owner
  }

  /// Measures the step times that trials with a budget need, and adds them. Collective.
  ///
  /// - Returns: what was new; the same on all ranks.
  public func calibrate(_ calibration: inout Calibration, for planned: [PlannedTrial]) throws -> [CalibrationRecord] {
    let budgeted = planned.filter { if case .seconds = $0.length { true } else { false } }.map(\.trial)
    return try calibration.measure(
      budgeted, data, group: group, groups: groups, groupIndex: groupIndex, world: world)
  }

  /// Trains what a queue gives, until it gives no more or a request to stop. Collective.
  ///
  /// - Parameters:
  ///   - queue: of rank 0; nil elsewhere.
  ///   - limit: seconds of steps of one trial; nil for no limit.
  ///   - obstacle: why this rank has no memory for a trial; nil where it has.
  ///   - onRecord: hears of each trial on rank 0, as it comes back.
  /// - Throws: `Stopped` on all ranks.
  public func run(
    _ queue: (any TrialQueue)?, limit: Double?, obstacle: @escaping (Trial) -> String?,
    onRecord: @escaping (TrialRecord) throws -> Void
  ) throws {
    let leaders = Array(stride(from: 0, to: world.size, by: ranksPerTrial))
    let foreman = queue.map { Foreman(world: world, leaders: leaders, queue: $0, onRecord: onRecord) }
    let leader: (any Leader)? = foreman ?? (group.rank == 0 ? RemoteLeader(world: world) : nil)
    let runner = TrialRunner(data, group: group)
    while let trial = try next(from: leader) {
      let record = try self.record(of: trial, obstacle) {
        try runner.run(trial, limit: limit) { try leader?.between() }
      }
      guard let record else { break }
      try leader?.finished(record, of: trial)
    }
    try StopSignal.note(over: group)
    if let leader { try leader.leave() } else { _ = try world.broadcast([Int]()) }
    waits = foreman?.waits ?? []
    try StopSignal.check(over: world)
  }

  /// The next trial, the same on all ranks of the group.
  private func next(from leader: (any Leader)?) throws -> Trial? {
    let own = try leader?.order()
    guard group.size > 1 else { return own }
    let message = try group.broadcast(try own.map { [UInt8](try SchemaJSON.encode($0.record)) } ?? [])
    return message.isEmpty ? nil : try Trial(try SchemaJSON.decode(.init(message)))
  }

  /// A trial's record, also of one for which a rank has no memory.
  private func record(
    of trial: Trial, _ obstacle: (Trial) -> String?, run: () throws -> TrialRecord?
  ) throws -> TrialRecord? {
    guard let reason = try group.allGather(obstacle(trial) ?? "").first(where: { !$0.isEmpty }) else {
      return try run()
    }
    var record = trial.record
    (record.outcome, record.reason, record.ranks) = ("no_memory", reason, group.size)
    return record
  }
}
