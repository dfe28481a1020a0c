import CHost
import CSIMD
import MPI

/// Signals as a request to stop, which every long loop looks at.
///
/// `CHost/stop.c` says which signals, and what a second one does. A signal may reach one rank only, or each at another moment;
/// the ranks therefore agree. In training the request travels with the gradients, and all stop after the same step.
/// Elsewhere it travels with `onEveryRank`, `goesOn` and `rest`, and all throw `Stopped`, of which the program makes
/// exit code 130.
public enum StopSignal {
  /// Whether this process knows of a request: of a signal of its own, or because the ranks have agreed. One relaxed load.
  public static var isRequested: Bool { cstop_request() != 0 }

  /// The first thing a program does: a signal before has its default.
  public static func install() { cstop_install() }

  /// The request of this process as a number that ranks can compare: 0 for none.
  static var number: Int { Int(cstop_request()) }

  /// Takes note of a request that another rank has told of.
  public static func note() { note(Int(CSTOP_ELSEWHERE)) }

  /// Takes note of what the ranks agreed on.
  static func note(_ number: Int) { cstop_ask(CInt(number)) }

  /// For the work of one rank alone.
  ///
  /// - Throws: `Stopped`.
  public static func check() throws(Stopped) {
    if isRequested { throw Stopped(number: number) }
  }

  /// The same for all ranks: whether any of them was asked to stop. Collective.
  ///
  /// - Parameter end: runs before it throws, on all ranks: gives back what they share.
  /// - Throws: `Stopped` on all; `MPIError`.
  public static func check(over world: Communicator, end: () throws -> Void = {}) throws {
    do {
      try stop(all: world.size == 1 ? [number] : try world.allGather(number))
    } catch let stopped as Stopped {
      try end()
      throw stopped
    }
  }

  /// Tells every rank of `group` of a request that any of them knows of. Collective.
  public static func note(over group: Communicator) throws {
    guard group.size > 1 else { return }
    if try group.allReduce(isRequested ? 1 : 0, .max) != 0 { note() }
  }

  /// - Parameter numbers: `number` of each rank.
  static func stop(all numbers: [Int]) throws(Stopped) {
    guard numbers.contains(where: { $0 != 0 }) else { return }
    // A rank that has a signal knows more than one that was told.
    let number = numbers.first { $0 > 0 } ?? Int(CSTOP_ELSEWHERE)
    note(number)
    throw Stopped(number: number)
  }

  /// Whether a measuring loop goes on, the same on all ranks: as rank 0 says, and as long as nobody is asked to stop.
  /// Collective. After the loop `check(over:)` tells which it was.
  public static func goesOn(_ own: Bool, over group: Communicator) throws -> Bool {
    guard group.size > 1 else { return own && !isRequested }
    let all = try group.allReduce([isRequested ? 1 : 0, group.rank == 0 && own ? 1 : 0], .max)
    if all[0] != 0 { note() }
    return all[0] == 0 && all[1] != 0
  }
}

/// Something that a run does at its end, such as printing names: a stop request ends it. Where the run was stopped before,
/// it has half a second, for a run that is stopped still has its say.
public struct LastWords {
  private var deadline: UInt64?

  /// It begins.
  public init() { deadline = StopSignal.isRequested ? csimd_nanoseconds() + 500_000_000 : nil }

  /// - Parameter isStopped: whether a request has come since.
  public func areOver(_ isStopped: () throws -> Bool) rethrows -> Bool {
    guard let deadline else { return try isStopped() }
    return csimd_nanoseconds() > deadline
  }

  /// The same for something short that would be missed: a request that has come since leaves half a second as well.
  mutating func areOverSoon() -> Bool {
    if deadline == nil { self = LastWords() }
    return areOver { false }
  }
}

/// A command was stopped on request. On all ranks, unless one rank alone is at work.
public struct Stopped: Error, CustomStringConvertible {
  /// Of the first signal; negative where no rank knows any more.
  public let number: Int

  public var description: String {
    guard number > 0 else { return "stopped" }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16) { name in
      guard let room = name.baseAddress else { return "stopped" }
      return "stopped by \(String(cString: cstop_name_of(CInt(number), room)))"
    }
  }
}

extension Communicator {
  /// For the word of a sleeping rank that it was asked to stop.
  private static var stopTag: Int { 7130 }

  /// Runs `work` on the ranks below `workers` while the others sleep. Collective.
  ///
  /// A sleeper that is asked to stop tells rank 0.
  ///
  /// - Parameter work: is given what rank 0 asks, now and then, whether it or a sleeper is to stop.
  public func rest(
    workers: Int = 1, while work: (_ isStopped: @escaping () throws -> Bool) throws -> Void
  ) throws {
    guard size > 1 else { return try work { StopSignal.isRequested } }
    var hasTold = false
    if rank < workers {
      try work {
        if !StopSignal.isRequested, rank == 0, try hasMessage(tag: Self.stopTag) {
          StopSignal.note()
        }
        return StopSignal.isRequested
      }
      try rest()
    } else {
      try rest { () throws(MPIError) in
        guard !hasTold, StopSignal.isRequested else { return }
        hasTold = true
        try send(true, to: 0, tag: Self.stopTag)
      }
    }
    // What a sleeper said too late is to be received as well.
    let tellers = try allGather(hasTold)
    guard rank == 0 else { return }
    for teller in tellers.indices where tellers[teller] {
      _ = try receive(Bool.self, from: teller, tag: Self.stopTag)
    }
  }
}
