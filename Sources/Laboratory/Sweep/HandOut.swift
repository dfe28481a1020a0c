import CSIMD
import DataParallel
import Foundation
import MPI
import Schemas

/// The messages by which groups of ranks get their trials from rank 0, and bring their records back.
///
/// Each group's first rank, its leader, asks for a trial when it has none. Rank 0 leads the first group, so it trains as
/// well, and looks for messages between its steps: MPI moves messages only inside its calls, and a rank that computes
/// for seconds leaves others waiting for as long.
enum HandOutTag {
  /// From a leader to rank 0: a `LeaderWord`.
  static let word = 7140
  /// From rank 0 to a leader: a trial, or nothing where there is no more. A leader that is at work and hears from rank 0
  /// is to stop.
  static let order = 7141
}

/// What a leader says.
struct LeaderWord: FileRecord {
  /// "ask", perhaps with a record; "gone", after which nothing follows; "stopped", the same on a request.
  var kind = "ask"
  var record: TrialRecord?
  /// How long it waited for the trial that the record is about, in milliseconds.
  var waitMs: Double?
}

/// A leader, to its group: where trials come from and where records go.
protocol Leader: AnyObject {
  /// Waits for a trial; nil where there is no more.
  func order() throws -> Trial?
  /// Is called between two steps.
  func between() throws
  /// Hands in what became of the trial that `order` gave last.
  func finished(_ record: TrialRecord, of trial: Trial) throws
  /// Says that its group ends, and gives back what others sent it too late. Collective over all leaders.
  func leave() throws
}

/// Rank 0: hands trials out between its own steps.
final class Foreman: Leader {
  private let world: Communicator
  private let queue: any TrialQueue
  private let onRecord: (TrialRecord) throws -> Void
  /// Leaders of other groups that have not left, and those of them that wait for a trial.
  private var present: Set<Int>
  private var waiting: [Int] = []
  private var running: [Int: Trial] = [:]
  /// By rank: messages it was sent.
  private var sent: [Int]
  private var hasToldAll = false
  private var nextLook: UInt64 = 0
  /// How long leaders waited for a trial, in milliseconds.
  private(set) var waits: [Double] = []

  /// Nanoseconds between two looks for messages.
  private static let interval: UInt64 = 500_000

  init(
    world: Communicator, leaders: [Int], queue: any TrialQueue, onRecord: @escaping (TrialRecord) throws -> Void
  ) {
    (self.world, self.queue, self.onRecord) = (world, queue, onRecord)
    present = Set(leaders).subtracting([0])
    sent = [Int](repeating: 0, count: world.size)
  }

  func order() throws -> Trial? {
    while true {
      try look()
      if StopSignal.isRequested { return nil }
      if let trial = queue.next() { return trial }
      if queue.isDone { return nil }
      usleep(100)
    }
  }

  func between() throws {
    let now = csimd_nanoseconds()
    guard now >= nextLook else { return }
    nextLook = now + Self.interval
    try look()
  }

  func finished(_ record: TrialRecord, of trial: Trial) throws {
    queue.finished(record, of: trial)
    try onRecord(record)
  }

  func leave() throws {
    while !present.isEmpty {
      try look()
      usleep(100)
    }
    _ = try world.broadcast(sent)
  }

  private func look() throws {
    guard !present.isEmpty else { return }
    while let message = try world.pendingMessage(tag: HandOutTag.word) {
      let bytes = try world.receive(bytes: message.bytes, from: message.source, tag: HandOutTag.word)
      try hear(try SchemaJSON.decode(Data(bytes)), from: message.source)
    }
    try answer()
  }

  private func hear(_ word: LeaderWord, from leader: Int) throws {
    if let record = word.record, let trial = running.removeValue(forKey: leader) {
      try finished(record, of: trial)
    }
    if let wait = word.waitMs { waits.append(wait) }
    switch word.kind {
    case "ask": waiting.append(leader)
    default:
      if word.kind == "stopped" { StopSignal.note() }
      present.remove(leader)
      waiting.removeAll { $0 == leader }
      running[leader] = nil
    }
  }

  private func answer() throws {
    if StopSignal.isRequested {
      guard !hasToldAll else { return }
      hasToldAll = true
      for leader in present { try send(nil, to: leader) }
      waiting = []
      return
    }
    while let leader = waiting.first {
      let trial = queue.next()
      guard trial != nil || queue.isDone else { return }
      waiting.removeFirst()
      running[leader] = trial
      try send(trial, to: leader)
    }
  }

  private func send(_ trial: Trial?, to leader: Int) throws {
    sent[leader] += 1
    try world.send(bytes: try trial.map { try $0.message } ?? [], to: leader, tag: HandOutTag.order)
  }
}

/// The leader of any other group.
final class RemoteLeader: Leader {
  private let world: Communicator
  private var word = LeaderWord()
  private var received = 0
  private var nextLook: UInt64 = 0

  /// Nanoseconds between two looks for rank 0's word to stop.
  private static let interval: UInt64 = 10_000_000

  init(world: Communicator) { self.world = world }

  func order() throws -> Trial? {
    try say(word)
    word = LeaderWord()
    let start = csimd_nanoseconds()
    while !StopSignal.isRequested {
      if let bytes = try next() {
        guard !bytes.isEmpty else { return nil }
        word.waitMs = Double(csimd_nanoseconds() - start) * 1e-6
        return try Trial(try SchemaJSON.decode(Data(bytes)))
      }
      usleep(50)
    }
    return nil
  }

  func between() throws {
    let now = csimd_nanoseconds()
    guard now >= nextLook else { return }
    nextLook = now + Self.interval
    if try next() != nil { StopSignal.note() }
  }

  func finished(_ record: TrialRecord, of trial: Trial) { word.record = record }

  func leave() throws {
    word.kind = StopSignal.isRequested ? "stopped" : "gone"
    try say(word)
    let sent = try world.broadcast([Int]())
    while received < sent[world.rank] {
      if try next() == nil { usleep(50) }
    }
  }

  private func next() throws -> [UInt8]? {
    guard let message = try world.pendingMessage(tag: HandOutTag.order) else { return nil }
    received += 1
    return try world.receive(bytes: message.bytes, from: 0, tag: HandOutTag.order)
  }

  private func say(_ word: LeaderWord) throws {
    try world.send(bytes: [UInt8](try SchemaJSON.encode(word)), to: 0, tag: HandOutTag.word)
  }
}

extension Trial {
  fileprivate var message: [UInt8] { get throws { [UInt8](try SchemaJSON.encode(record)) } }
}
