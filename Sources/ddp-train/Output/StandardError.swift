import Foundation
import Values

/// Writes lines to standard error, unbuffered. What comes from files, hosts or arguments cannot steer the terminal.
func writeToStandardError(_ text: String) { drawOnStandardError(escaped(text, keepingLines: true)) }

/// Writes text as it is, with what steers a terminal: all of it is this program's own.
func drawOnStandardError(_ text: String) {
  // Where standard error is gone there is nobody left to tell.
  try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
}
