import Foundation

/// Writes text to standard error, unbuffered and as it is.
func writeToStandardError(_ text: String) {
  // Where standard error is gone there is nobody left to tell.
  try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
}
