import Foundation

/// A result that is written line by line while people and programs follow it.
///
/// Lines reach the file in blocks of whole ones. What is written always goes to the file's end, also where somebody else
/// has shortened it meanwhile.
public final class GrowingFile {
  private let destination: Destination
  private let descriptor: CInt
  private let isFile: Bool
  private var block: [UInt8] = []
  /// The first write that failed; later ones are left out.
  public private(set) var failure: DestinationError?

  private static let blockSize = 4096

  /// - Parameter isEmptied: whether a regular file begins anew, and loses what it holds now.
  /// - Throws: where it cannot be opened, and after a request to stop while nobody reads it.
  public init(_ destination: Destination, isEmptied: Bool) throws(DestinationError) {
    self.destination = destination
    (descriptor, isFile) = try destination.openForAppending()
    block.reserveCapacity(2 * Self.blockSize)
    if isFile, isEmptied, ftruncate(descriptor, 0) != 0 {
      throw destination.failed(.lastError(step: "emptied"))
    }
  }

  /// - Parameter line: with its line break.
  public func append(_ line: String) { append(line.utf8) }

  /// - Parameter lines: with their line breaks.
  public func append(_ lines: some Sequence<UInt8>) {
    guard failure == nil else { return }
    block += lines
    if block.count >= Self.blockSize { flush() }
  }

  /// Hands all lines over to the system: they outlive this process.
  public func flush() {
    guard failure == nil else { return }
    do throws(DestinationError) {
      try write()
    } catch {
      failure = error
    }
    block.removeAll(keepingCapacity: true)
  }

  /// Hands all lines over to the disk. The file may not be used afterwards.
  public func finish() {
    flush()
    guard failure == nil, isFile, fsync(descriptor) != 0 else { return }
    failure = destination.failed(.lastError(step: "written"))
  }

  private func write() throws(DestinationError) {
    var failure: DestinationError?
    block.withUnsafeBytes { bytes in
      do throws(DestinationError) {
        if isFile {
          try writeAll(
            bytes, to: descriptor, failure: { destination.failed($0) }, ready: { () throws(DestinationError) in })
        } else {
          try destination.write(bytes, toSpecial: descriptor)
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}
