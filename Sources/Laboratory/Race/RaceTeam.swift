import CSIMD
import DataParallel
import Foundation
import GPT
import MPI
import Schemas

/// The ranks of a race, in the ways in which it needs them. Everything is collective, and what comes back is the same on
/// all ranks: so all of them decide alike.
final class RaceTeam {
  let data: TrialData
  let world: Communicator
  private let sweep: Sweep
  /// The first n ranks, by n.
  private var parts: [Int: Part] = [:]
  private let own: Part
  private let start = csimd_nanoseconds()
  private let seconds: Double?
  private let progress: (Double) -> Void

  /// A communicator lives as long as its owner.
  private final class Part {
    let owner: OwnedCommunicator
    init(_ owner: consuming OwnedCommunicator) { self.owner = owner }
    var group: Communicator { owner.communicator }
  }

  /// - Parameters:
  ///   - seconds: after which `hasTime` says no; nil for as long as it takes.
  ///   - progress: hears on rank 0, after each of several trials, what share of their work is over.
  init(_ data: TrialData, seconds: Double?, world: Communicator, progress: @escaping (Double) -> Void) throws {
    (self.data, self.world, self.progress) = (data, world, progress)
    sweep = try Sweep(data, ranksPerTrial: 1, world: world)
    own = try Self.part(of: world, color: world.rank)
    self.seconds = seconds
  }

  private static func part(of world: Communicator, color: Int) throws -> Part {
    guard let owner = try world.split(color: color) else { preconditionFailure("every rank has a color") }
    return Part(owner)
  }

  /// Whether so many seconds are left, by rank 0's clock.
  ///
  /// - Parameter share: of the time that the race has.
  func hasTime(_ more: Double = 0, of share: Double = 1) throws -> Bool {
    guard let left = try left(of: share) else { return true }
    return left > more
  }

  /// Seconds that are left of a share of the race's time; nil without a limit.
  private func left(of share: Double) throws -> Double? {
    guard let seconds else { return nil }
    return try world.broadcast(seconds * share - Double(csimd_nanoseconds() - start) * 1e-9)
  }

  /// Trains trials, each on one rank, as many at a time as there are ranks.
  ///
  /// - Parameter share: of the race's time, after which no trial begins, and none goes on for as long again.
  /// - Returns: their records, in their order; nil for those that there was no time for.
  func train(_ trials: [Trial], until share: Double = 1) throws -> [TrialRecord?] {
    var records: [Trial: TrialRecord] = [:]
    let left = try left(of: share)
    let queue = world.rank == 0 ? LimitedQueue(FullQueue(trials.distinct { $0 }, nil), seconds: left) : nil
    try sweep.run(queue, limit: left.map { max($0, 1) }, obstacle: { _ in nil }) { record in
      if record.outcome != "out_of_time" { records[try Trial(record)] = record }
      if let queue { self.progress(queue.doneShare) }
    }
    let all = try broadcast(Array(records.values))
    let byTrial = Dictionary(try all.map { (try Trial($0), $0) }) { first, _ in first }
    return trials.map { byTrial[$0] }
  }

  /// Trains one trial on the first ranks, while the others sleep.
  func train(_ trial: Trial, on ranks: Int) throws -> TrialRecord {
    let part = try first(ranks)
    var record: TrialRecord?
    try world.rest(workers: ranks) { isStopped in
      record = try TrialRunner(data, group: part).run(trial) { if world.rank == 0 { _ = try isStopped() } }
    }
    try StopSignal.check(over: world)
    let all = try broadcast([record].compactMap { $0 })
    guard let first = all.first else { throw ReportError.notAReport("a run came to nothing") }
    return first
  }

  /// Trains one trial on the first ranks, while the others sleep, and measures the gradient noise scale on the way.
  ///
  /// - Parameter shares: of the trial's steps, after which it is measured.
  /// - Returns: on rank 0 all that was; what another rank returns is not for use.
  func noiseScale(of trial: Trial, on ranks: Int, at shares: [Double]) throws -> [NoisePoint] {
    let part = try first(ranks)
    let due = Set(shares.map { max(Int((Double(trial.steps) * $0).rounded()), 1) })
    var points: [NoisePoint] = []
    try world.rest(workers: ranks) { isStopped in
      let watch = TrialRunner.NoiseWatch(steps: due) { points.append(NoisePoint($1, step: $0, of: trial.steps)) }
      _ = try TrialRunner(data, group: part).run(trial, noise: watch) { if world.rank == 0 { _ = try isStopped() } }
    }
    try StopSignal.check(over: world)
    return points
  }

  /// Trains one trial per rank, all at the same time.
  ///
  /// - Returns: their records, by rank.
  func trainTogether(_ trials: [Trial]) throws -> [TrialRecord] {
    try world.barrier()
    let record = try TrialRunner(data, group: own.group).run(trials[world.rank])
    try StopSignal.check(over: world)
    let lines = try world.allGather(try record.map { String(decoding: try SchemaJSON.encode($0), as: UTF8.self) } ?? "")
    return try lines.map { try SchemaJSON.decode(Data($0.utf8)) }
  }

  /// The median step of a case on the first ranks, in µs.
  func stepTime(_ shape: Shape, batch: Int, ranks: Int, seconds: Double) throws -> Double {
    let part = try first(ranks)
    var time = 0.0
    try world.rest(workers: ranks) { isStopped in
      let timed = TimedCase(shape: shape, batch: batch, engine: data.engine)
      let training = try TimedTraining(timed.settings, names: data.training, group: ranks > 1 ? part : nil)
      try Turns(seconds: seconds, leastRounds: 3).run(
        over: ranks > 1 ? part : nil, isStopped: { world.rank == 0 ? try isStopped() : StopSignal.isRequested },
        round: training.turn)
      time = try training.sample().median
      try training.close()
    }
    try StopSignal.check(over: world)
    return try world.broadcast(time)
  }

  /// Groups of ranks as the data has them. Collective.
  func groupCount() throws -> Int {
    guard world.size > 1 else { return 1 }
    return try RankGroups.count(data.grouping, over: world)
  }

  /// The mean step of groups on all ranks, exchanges included, in µs: of a short run.
  func roundStepTime(_ trial: Trial, seconds: Double) throws -> Double {
    guard let every = trial.rounds?.every else { preconditionFailure("there are no rounds") }
    // Whole rounds, and as many as there is time for by those that were taken first.
    var rounds = 2
    while true {
      let record = try train(trial.lasting(rounds * every), on: world.size)
      if record.seconds >= seconds || rounds >= 4096 { return 1e6 * record.seconds / Double(rounds * every) }
      rounds = min(max(2 * rounds, Int(1.2 * Double(rounds) * seconds / max(record.seconds, 1e-6))), 4096)
    }
  }

  /// The first ranks; on the others a communicator that is not for use.
  func first(_ ranks: Int) throws -> Communicator {
    if let part = parts[ranks] { return part.group }
    let part = try Self.part(of: world, color: world.rank < ranks ? 0 : 1)
    parts[ranks] = part
    return part.group
  }

  private func broadcast(_ records: [TrialRecord]) throws -> [TrialRecord] {
    let bytes = try world.broadcast([UInt8](try JSONEncoder().encode(records)))
    return try JSONDecoder().decode([TrialRecord].self, from: Data(bytes))
  }
}

/// Another queue, until a time is over: what is left then is never handed out.
private final class LimitedQueue: TrialQueue {
  private let queue: any TrialQueue
  private let deadline: UInt64?

  /// - Parameter seconds: from now; nil for no limit.
  init(_ queue: any TrialQueue, seconds: Double?) {
    self.queue = queue
    deadline = seconds.map { csimd_nanoseconds() + UInt64(max($0, 0) * 1e9) }
  }

  private var isOver: Bool { deadline.map { csimd_nanoseconds() > $0 } ?? false }

  func next() -> Trial? { isOver ? nil : queue.next() }
  func finished(_ record: TrialRecord, of trial: Trial) { queue.finished(record, of: trial) }
  var isDone: Bool { isOver || queue.isDone }
  var doneShare: Double { queue.doneShare }
}
