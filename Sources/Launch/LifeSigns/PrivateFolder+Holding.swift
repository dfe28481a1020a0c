import Glibc

extension PrivateFolder {
  /// Holds it as long as this value lives: it is in use. Waits for whoever is about to remove it.
  func hold() { flock(descriptor.number, LOCK_SH) }

  /// Whoever holds it goes on to do so after this process has become another program.
  func handOn() {
    // The copy is not closed then, and has the lock too.
    _ = fcntl(descriptor.number, F_DUPFD, 3)
  }

  /// Whether no process of this host holds it. False where the file system knows no locks.
  var isNobodys: Bool { flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 }
}
