import Foundation
import MPI

/// A file that an option names for a command's results. Found wrong before anything is measured, not after.
struct ResultFile {
  let path: String
  private let option: String

  /// - Throws: `OptionError` where it cannot be written. What it holds stays.
  init(_ option: String, _ path: String) throws {
    self.option = option
    self.path = path
    let existed = FileManager.default.fileExists(atPath: path)
    // A pipe that nobody reads must not keep the command waiting.
    let file = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw OptionError("\(option) \(path): \(String(cString: strerror(errno)))") }
    close(file)
    if !existed { unlink(path) }
  }

  /// The file that `--json` names; nil where it names none, and on ranks that have nothing to write.
  static func json(_ path: String?, of world: Communicator) throws -> ResultFile? {
    guard world.rank == 0, let path else { return nil }
    return try ResultFile("--json", path)
  }

  /// - Throws: `OptionError` where it cannot be written after all.
  func write(_ content: Data) throws {
    do {
      try content.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw OptionError("\(option) \(path): \(error.localizedDescription)")
    }
  }

  func write(_ content: String) throws { try write(Data(content.utf8)) }
}
