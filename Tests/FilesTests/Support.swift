import Foundation
import Synchronization
import Testing

@testable import Files

/// One after the other: some set limits of the whole process.
@Suite("files", .serialized) enum Files {}

/// A person who may ask to stop, and notes what is said.
final class Person: Sendable {
  let hasAsked = Atomic(false)
  private let heard = Mutex<[String]>([])

  var notices: [String] { heard.withLock(\.self) }

  func waiting(patience: Double = 5) -> Waiting {
    Waiting(
      patience: patience, isToStop: { self.hasAsked.load(ordering: .relaxed) },
      say: { text in self.heard.withLock { $0.append(text) } })
  }
}

extension Destination {
  func write(_ text: String) throws(DestinationError) { try FilesTests.write(text, write) }
}

/// Hands a text's bytes over.
func write<Failure: Error>(
  _ text: String, _ write: (UnsafeRawBufferPointer) throws(Failure) -> Void
) throws(Failure) {
  let bytes = Array(text.utf8)
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  defer { buffer.deallocate() }
  buffer.copyBytes(from: bytes)
  try write(UnsafeRawBufferPointer(buffer))
}

/// The mode's nine bits and the owner.
func rights(_ path: String) -> (mode: mode_t, owner: uid_t, group: gid_t)? {
  status(of: path).map { ($0.st_mode & 0o777, $0.st_uid, $0.st_gid) }
}
