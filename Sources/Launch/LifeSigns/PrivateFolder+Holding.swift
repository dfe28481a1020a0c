import Files
import Glibc

extension PrivateFolder {
  /// Holds it as long as this value lives: it is in use. Waits for whoever is about to remove it; not for one that is stopped
  /// in the middle of that.
  func hold(within seconds: Double = 10) {
    let deadline = Deadline(in: seconds)
    // Where the file system knows no locks there is nothing to wait for.
    while flock(descriptor.number, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR, !deadline.isOver {
      poll(nil, 0, 1)
    }
  }

  /// Makes one and holds it.
  ///
  /// - Throws: where it cannot be made, or somebody else was first.
  static func held(making path: String) throws(PrivateFolderError) -> PrivateFolder {
    try held(path) { () throws(PrivateFolderError) in try PrivateFolder(making: path) }
  }

  /// Makes or opens one and holds it: again where somebody who looks for orphans has found it before it was held.
  static func held(
    _ path: String, by make: () throws(PrivateFolderError) -> PrivateFolder
  ) throws(PrivateFolderError) -> PrivateFolder {
    var failure = PrivateFolderError(path: path, reason: "is removed again and again")
    for _ in 0..<100 {
      do {
        let folder = try make()
        folder.hold()
        if folder.isInPlace { return folder }
      } catch {
        guard error.isMissing else { throw error }
        failure = error
      }
    }
    throw failure
  }

  /// Whoever holds it goes on to do so after this process has become another program.
  func handOn() {
    // The copy is not closed then, and has the lock too.
    _ = fcntl(descriptor.number, F_DUPFD, 3)
  }

  /// Whether no process of this host holds it. False where the file system knows no locks.
  var isNobodys: Bool { flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 }
}
