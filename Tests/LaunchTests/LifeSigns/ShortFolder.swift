import Files
import Glibc
import Testing

@testable import Launch

/// A folder for one test, removed with all that is in it. Its path leaves room for a socket.
final class ShortFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/ddp-train-launch-tests.XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { Self.remove(path) }

  /// What lies in it.
  var names: [String] { Self.names(path) }

  private static func names(_ path: String) -> [String] {
    let number = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    return number < 0 ? [] : PrivateFolder.names(in: Descriptor(number)).sorted()
  }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    for name in names(path) { remove("\(path)/\(name)") }
    rmdir(path)
  }
}
