import Files
import Options
import Schemas

/// The names of `--json`, written while they are drawn: on rank 0.
final class NamesJSON {
  private let destination: Destination
  /// Nil until `begin`, and for standard output.
  private var file: GrowingFile?
  private var tail = ""
  private var isFirst = true

  /// Leaves what is there as it is until `begin`.
  init(_ destination: Destination) { self.destination = destination }

  /// Whether it takes the place of the names that are printed.
  var isPrinted: Bool { destination.isStandardOutput }

  /// The first write to a file that failed.
  var failure: CommandFailure? { file?.failure.map { CommandFailure("\($0); it is incomplete") } }

  /// - Throws: where a file cannot be opened; then it is as it was.
  func begin(_ header: NamesFile) throws {
    let frame = try header.frame()
    if !isPrinted { file = try endingOnStop { try GrowingFile(destination, isEmptied: true) } }
    tail = frame.tail
    write(Array(frame.head.utf8))
  }

  /// - Parameter lines: of `GeneratedName`, at least one.
  func append(_ lines: [UInt8]) {
    var lines = lines
    // No name is before the first.
    if isFirst { lines[0] = UInt8(ascii: " ") }
    isFirst = false
    write(lines)
  }

  func end() {
    write(Array(tail.utf8))
    file?.finish()
  }

  private func write(_ text: [UInt8]) {
    if isPrinted { printUnchanged(text) } else { file?.append(text) }
  }
}
