// For stdout, which C declares a variable; nothing here ever assigns it.
@preconcurrency import Foundation
import Values

/// Prints lines. What comes from files, hosts or arguments cannot steer the terminal.
///
/// - Parameter titles: columns in which titles stand.
func print(_ text: String, titles: Int = 0) {
  let shown = Emphasis.title.marked(
    escaped(text, keepingLines: true), columns: titles, if: Screen.hasColour.standardOutput)
  Screen.withoutLine { Swift.print(shown) }
}

/// Prints text of this program's own making, in which nothing steers a terminal.
func printUnchanged(_ text: [UInt8]) { Screen.withoutLine { fwrite(text, 1, text.count, stdout) } }

/// Hands what was printed to the system now. Under mpirun standard output is buffered in blocks.
///
/// - Returns: why that, or an earlier write, failed; nil where all has arrived.
@discardableResult
func flushStandardOutput() -> String? {
  var code: Int32 = 0
  Screen.withoutLine { code = fflush(stdout) == 0 ? 0 : errno }
  if code != 0 { return String(cString: strerror(code)) }
  return ferror(stdout) != 0 ? "what was printed is incomplete" : nil
}

/// Whether what was printed went to a pipe or socket that nobody reads any more.
var standardOutputHasNoReader: Bool {
  var entry = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
  return poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLERR) != 0
}

/// Whether all that was printed so far has arrived, or waits to be handed on.
var standardOutputWorks: Bool { ferror(stdout) == 0 }

/// Opens closed standard descriptors, so that no file opened later takes the place of standard output and
/// receives what is printed. They are opened for reading: writing to a closed output stays an error.
func reserveStandardDescriptors() {
  for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
    _ = open("/dev/null", O_RDONLY)
  }
}

/// Writes lines to standard error, unbuffered. What comes from files, hosts or arguments cannot steer the terminal.
///
/// - Parameter titles: columns in which titles stand.
func writeToStandardError(_ text: String, titles: Int = 0) {
  let shown = Emphasis.title.marked(
    escaped(text, keepingLines: true), columns: titles, if: Screen.hasColour.standardError)
  writeShown(shown)
}

/// Writes a line of a kind: "ddp-train: error: …".
///
/// - Parameter emphasis: of its kind; nil for none.
func writeToStandardError(_ emphasis: Emphasis?, _ kind: String, _ text: String) {
  let marked = emphasis?.marked(kind, if: Screen.hasColour.standardError) ?? kind
  writeShown("ddp-train: \(marked): \(escaped(text))\n")
}

/// One write, so that lines of several ranks do not mix.
private func writeShown(_ text: String) {
  Screen.withoutLine {
    // Where standard error is gone there is nobody left to tell.
    try? FileHandle.standardError.write(contentsOf: Data((LineClearing.start + text).utf8))
  }
}
