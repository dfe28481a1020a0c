import Files
import MPI
import Values

/// A failure that all ranks know of. Exactly one of them speaks.
public struct JobFailure: Error, CustomStringConvertible {
  public let description: String
  /// Whether this rank is the one that prints the description.
  public let isSpeaker: Bool
  /// The exit code.
  public let code: Int32
  /// The same on all ranks.
  public let cause: FailureCause

  /// Whether training has diverged: an outcome, to whoever tries settings out.
  public var isDivergence: Bool { cause == .diverged }

  public init(description: String, isSpeaker: Bool, code: Int32 = 1, cause: FailureCause = .other) {
    self.description = description
    self.isSpeaker = isSpeaker
    self.code = code
    self.cause = cause
  }

  /// Thrown inside `onEveryRank` to choose the exit code of the failure it becomes.
  public struct Reason: Error, CustomStringConvertible, ExitCoded {
    public let description: String
    public let exitCode: Int32

    public init(description: String, code: Int32) {
      self.description = description
      exitCode = code
    }
  }
}

/// Runs `body` on every rank of `world`; where it throws on any, throws a `JobFailure` on all.
///
/// For start-up work that may fail on some ranks only (a file missing on one host): no rank goes on to wait for
/// one that has given up. The lowest failing rank speaks; it names itself unless all failed alike.
///
/// - Parameter stops: whether a stop request counts. Not at an end that has more to do.
/// - Throws: `Stopped` on all where any rank was asked to stop and none has failed.
public func onEveryRank<Result>(
  of world: Communicator, stops: Bool = true, _ body: () throws -> Result
) throws -> Result {
  var result: Result?
  var reason = ""
  var (hasFailed, code): (Bool, Int32) = (false, 0)
  var cause = FailureCause.other
  do {
    result = try body()
  } catch let failure as JobFailure {
    throw failure
  } catch is Stopped {
    // Of which all will hear.
  } catch {
    reason = "\(error)"
    hasFailed = true
    code = (error as? any ExitCoded)?.exitCode ?? 1
    cause = (error as? any CauseKnown)?.failureCause ?? FailureCause(message: reason)
  }
  let states = try world.allGather((hasFailed: hasFailed, stop: StopSignal.number))
  let failed = states.firstIndex { $0.hasFailed }
  if failed == nil {
    if stops { try StopSignal.stop(all: states.map { $0.stop }) }
    if let result { return result }
  }
  let speaker = failed ?? 0
  let alike = try world.allGather(reason).allSatisfy { $0 == reason }
  let description = alike ? reason : "rank \(speaker) on \(Environment.processorName): \(reason)"
  let agreed = try world.broadcast([code, cause.rawValue], root: speaker)
  throw JobFailure(
    description: description, isSpeaker: world.rank == speaker, code: agreed[0],
    cause: FailureCause(rawValue: agreed[1]) ?? .other)
}

/// Compares named values over the ranks before anything depends on them.
///
/// - Parameter fields: the same names in the same order on every rank.
/// - Throws: `JobFailure` on all ranks at the first field on which a rank differs from rank 0: it names the field,
///   both ranks, their hosts and both values.
public func requireAgreement(_ fields: [(name: String, value: String)], over world: Communicator) throws {
  let separator: Character = "\u{1f}"
  let own = fields.map(\.value).joined(separator: String(separator))
  // Ranks nearly always agree, and a start has several of these: texts travel where hashes differ.
  let hashes = try world.allGather(Array(own.utf8).withUnsafeBytes(ContentHasher.hash64))
  guard hashes.contains(where: { $0 != hashes[0] }) else { return }
  let all = try world.allGather(own)
  let hosts = try world.allGather(Environment.processorName)
  let table = all.map { $0.split(separator: separator, omittingEmptySubsequences: false).map(String.init) }
  for rank in table.indices.dropFirst() {
    for (index, field) in fields.enumerated() where table[rank][index] != table[0][index] {
      throw JobFailure(
        description: "ranks disagree on \(field.name): rank 0 on \(hosts[0]) has \(table[0][index]), "
          + "rank \(rank) on \(hosts[rank]) has \(table[rank][index])",
        isSpeaker: world.rank == 0)
    }
  }
}
