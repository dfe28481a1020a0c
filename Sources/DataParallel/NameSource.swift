import Dataset
import Files
import MPI

/// Where names come from: a file, or standard input, which mpirun hands to rank 0 alone.
public struct NameSource: CustomStringConvertible, Sendable {
  /// As `--data` has it: `-` is standard input.
  public let path: String

  public init(_ path: String) { self.path = path }

  public var isStandardInput: Bool { path == "-" }

  /// What messages call it.
  public var description: String { isStandardInput ? "standard input" : path }

  /// What it is to compare with files that are written.
  public var file: String { isStandardInput ? "/dev/stdin" : path }

  /// Reads it on this rank, which is rank 0 for standard input.
  ///
  /// - Parameter waiting: what to do while nothing comes from standard input.
  /// - Throws: `DatasetError`; `Stopped` where a request came before the end of standard input.
  public func read(skipInvalid: Bool = false, waiting: Waiting) throws -> NameSet {
    guard isStandardInput else { return try NameSet(path: path, skipInvalid: skipInvalid) }
    return try NameSet(bytes: try input(waiting), source: description, skipInvalid: skipInvalid)
  }

  /// Reads it for all ranks: a file on each of them, standard input on rank 0. Collective.
  ///
  /// - Throws: `JobFailure` on all ranks.
  public func readEverywhere(waiting: Waiting, over world: Communicator) throws -> NameSet {
    try requireAgreement(over: world)
    guard isStandardInput else { return try onEveryRank(of: world) { try NameSet(path: path) } }
    let own = try onEveryRank(of: world) { world.rank == 0 ? try input(waiting) : [] }
    let bytes = try world.broadcast(own)
    return try onEveryRank(of: world) { try NameSet(bytes: bytes, source: description) }
  }

  /// Each rank may have been given another path; that it is standard input concerns all.
  func requireAgreement(over world: Communicator) throws {
    try DataParallel.requireAgreement(
      [("whether --data is standard input", isStandardInput ? "yes" : "no")], over: world)
  }

  private func input(_ waiting: Waiting) throws -> [UInt8] {
    do throws(RegularFileError) {
      if let bytes = try readStandardInput(limitInBytes: NameSet.maxFileSize, waiting: waiting) { return bytes }
    } catch {
      throw DatasetError.unreadable(path: description, error)
    }
    throw Stopped(number: StopSignal.number)
  }
}
