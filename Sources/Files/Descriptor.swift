import Glibc

/// A file descriptor, closed with its last owner.
package final class Descriptor: Sendable {
  package let number: CInt

  package init(_ number: CInt) { self.number = number }

  deinit { close(number) }
}
