import Files
import Foundation

/// Reads a file of results that a command of this program may have written.
///
/// - Parameter parse: makes a value of its bytes; an error of its is told with the path.
/// - Throws: `CommandFailure`.
func readResults<File>(_ path: String, _ parse: (Data) throws -> File) throws -> File {
  let bytes = try readRegularFile(path: path, limitInBytes: 1 << 28) { CommandFailure("\(path): \($0)") }
  do {
    return try parse(Data(bytes))
  } catch {
    throw CommandFailure("\(path): \(error)")
  }
}
