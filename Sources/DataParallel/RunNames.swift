import Dataset
import Files
import GPT
import MPI
import Values

/// A run's names, read, split and sorted; the same on all ranks of a host.
public struct RunNames: Sendable {
  /// Of the file, copies included.
  public let count: Int
  /// Of the file's names, as `NameSet.hash`.
  public let hash: String
  /// As `NameSet` has them.
  public let skippedLines, longNames: Int
  public let training: NameTable
  /// Nil where none are held out.
  public let heldOut: NameTable?

  /// Held-out ones included, in no order that means anything.
  public var all: [Name] { training.names + (heldOut?.names ?? []) }

  /// Whether the file has this name, up to the 16th letter.
  public func has(_ name: Name) -> Bool { training.contains(name) || heldOut?.contains(name) == true }

  /// Names that are handed on at a time: less than 2³¹ bytes.
  private static let piece = 1 << 24

  /// Reads a file, on one rank of each host for all of them where they mean the same one; or standard input, on rank 0.
  /// Collective.
  ///
  /// - Parameters:
  ///   - skipInvalid: as `NameSet.init` takes it.
  ///   - waiting: what to do while nothing comes from standard input.
  ///   - evaluation: as `NameSet.split` takes it.
  ///   - host: the ranks of this host, of `world`.
  /// - Throws: `JobFailure` on all ranks where a host's file is no list of names.
  public static func read(
    _ source: NameSource, skipInvalid: Bool, evaluation: Bool, waiting: Waiting, host: Communicator,
    over world: Communicator
  ) throws -> RunNames {
    try source.requireAgreement(over: world)
    return try onEveryRank(of: world) {
      func read() throws -> RunNames {
        try RunNames(source.read(skipInvalid: skipInvalid, waiting: waiting), evaluation: evaluation)
      }
      if source.isStandardInput, world.size > 1 {
        return try RunNames(world.rank == 0 ? Result { try read() } : nil, over: world)
      }
      guard host.size > 1, try allHaveOneFile(source.path, host) else { return try read() }
      return try RunNames(host.rank == 0 ? Result { try read() } : nil, over: host)
    }
  }

  /// Whether the ranks of a host, each of which may have been given a path of its own, mean the same file. Collective.
  private static func allHaveOneFile(_ path: String, _ host: Communicator) throws -> Bool {
    var own = (device: UInt64(0), inode: UInt64(0))
    if case .existing(let device, let inode) = FileIdentity(path: path) { own = (UInt64(device), UInt64(inode)) }
    let all = try host.allGather(own)
    return all.allSatisfy { $0 == all[0] && $0.inode > 0 }
  }

  private init(_ all: NameSet, evaluation: Bool) throws {
    let split = try all.split(evaluation: evaluation)
    (count, hash) = (all.count, all.hash)
    (skippedLines, longNames) = (all.skippedLines, all.longNames)
    (training, heldOut) = (split.training.table, split.evaluation?.table)
  }

  /// What rank 0 has read, on all ranks. Collective.
  ///
  /// - Parameter own: of rank 0, and nil elsewhere.
  /// - Throws: on all ranks what went wrong on rank 0.
  private init(_ own: Result<RunNames, any Error>?, over host: Communicator) throws {
    var names: RunNames?
    var (reason, code) = ("", Int32(1))
    var isStopped = false
    do {
      names = try own?.get()
    } catch is Stopped {
      isStopped = true
    } catch {
      reason = "\(error)"
      code = (error as? any ExitCoded)?.exitCode ?? 1
    }
    let facts = try host.broadcast([
      isStopped ? 2 : reason.isEmpty ? 0 : 1, names?.count ?? 0, names?.skippedLines ?? 0, names?.longNames ?? 0,
      names?.training.count ?? 0, names?.heldOut?.count ?? -1,
    ])
    if facts[0] == 2 { try StopSignal.check(over: host) }
    guard facts[0] == 0 else {
      throw JobFailure.Reason(description: try host.broadcast(reason), code: try host.broadcast(code))
    }
    hash = try host.broadcast(names?.hash ?? "")
    (count, skippedLines, longNames) = (facts[1], facts[2], facts[3])
    training = try Self.table(names?.training, count: facts[4], over: host)
    heldOut = facts[5] < 0 ? nil : try Self.table(names?.heldOut, count: facts[5], over: host)
  }

  private static func table(_ own: NameTable?, count: Int, over host: Communicator) throws -> NameTable {
    var names = own?.names ?? Array(repeating: Name(), count: count)
    try names.withUnsafeMutableBufferPointer { names in
      for start in stride(from: 0, to: count, by: piece) {
        try host.broadcast(UnsafeMutableBufferPointer(rebasing: names[start..<min(start + piece, count)]))
      }
    }
    return own ?? NameTable(sorted: names)
  }
}
