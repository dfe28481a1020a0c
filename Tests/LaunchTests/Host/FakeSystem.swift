import TestSupport

@testable import Launch

/// A stand-in for /, which goes with its owner.
struct FakeSystem {
  private let root: TemporaryFolder
  var files: SystemFiles { SystemFiles(root: root.path) }

  init(_ contents: [String: String]) throws {
    root = try TemporaryFolder()
    for (path, text) in contents { try write(path, text) }
  }

  func write(_ path: String, _ text: String) throws { try root.file(path, text + "\n") }

  /// Lines of /proc/self/mountinfo, each from its fourth field on.
  static func mounts(_ lines: [String]) -> String {
    lines.enumerated().map { "\(30 + $0) 20 0:1 \($1)" }.joined(separator: "\n")
  }
}
