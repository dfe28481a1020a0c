import Glibc
import TestSupport
import Testing
import Values

extension TemporaryFolder {
  /// Writes a program for sh, and the folders it lies in.
  ///
  /// By another process: a file that this one has open for writing, even in a child that another test starts just now, cannot
  /// be started.
  ///
  /// - Returns: its path.
  @discardableResult
  func script(_ name: String, _ text: String) throws -> String {
    let file = shellWord(path(name))
    let writer = popen("mkdir -p \"$(dirname \(file))\" && cat >\(file) && chmod 755 \(file)", "we")
    let pipe = try #require(writer)
    fputs("#!/bin/sh\n\(text)\n", pipe)
    try #require(pclose(pipe) == 0)
    return path(name)
  }

  /// Makes a folder that is the user's alone, in this one.
  ///
  /// - Returns: its path.
  @discardableResult
  func privateFolder(_ name: String, mode: mode_t = 0o700) throws -> String {
    try #require(mkdir(path(name), mode) == 0 && chmod(path(name), mode) == 0)
    return path(name)
  }
}
