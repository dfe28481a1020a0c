import DataParallel
import Files
import Foundation
import MPI

extension Waiting {
  /// The program's own way: a signal that asks it to stop ends the wait, and a person hears of it on standard error.
  static let ofProgram = Waiting(
    isToStop: { StopSignal.isRequested }, say: { writeToStandardError("ddp-train: \($0)\n") })
}

extension Destination {
  /// What an option of this program names.
  ///
  /// - Throws: `DestinationError` where it cannot be written.
  convenience init(_ option: String, _ path: String) throws {
    try self.init(option, path, waiting: .ofProgram)
  }

  /// The file that `--json` names, of a command that measures; nil where it names none, and on ranks that have nothing
  /// to write.
  static func json(_ path: String?, of world: Communicator) throws -> Destination? {
    guard world.rank == 0, let path else { return nil }
    let file = try Destination("--json", path)
    try requireDistinct([file], inputs: ProjectFiles.inputs())
    return file
  }

  /// - Throws: where it cannot be written after all.
  func write(_ content: Data) throws {
    try endingOnStop { try content.withUnsafeBytes { try write($0) } }
  }

  func write(_ content: String) throws { try write(Data(content.utf8)) }
}

/// Runs what writes a result. Where a request to stop ends it, the exit code says so.
func endingOnStop<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as DestinationError where error.isStop {
    throw JobFailure.Reason(description: error.description, code: 130)
  }
}
