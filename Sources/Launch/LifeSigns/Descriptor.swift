import Glibc

/// A file descriptor that is closed with its last owner.
final class Descriptor: Sendable {
  let number: CInt

  init(_ number: CInt) { self.number = number }

  deinit { close(number) }
}
