import Foundation

/// Where a guarded array lies between its two guard pages.
///
/// Only one end can touch a guard page. The other end, and the gap of a shifted array, is filled with a pattern
/// that `GuardedMemory.isIntact` checks.
public enum GuardPlacement: CaseIterable, Sendable {
  /// A page that crashes on any access begins right behind the last byte.
  case beforeGuard
  /// A page that crashes on any access ends right before the first byte.
  case behindGuard
  /// The same, one float away from the guard: at no alignment a vector could want.
  case beforeGuardUnaligned, behindGuardUnaligned
}

/// Arrays for kernels that must stay within their bounds: an access past the guarded end crashes at once, and a
/// write past the other end is found afterwards. Holding one object keeps all its arrays alive.
public final class GuardedMemory {
  public let placement: GuardPlacement
  private var regions: [Region] = []

  public init(_ placement: GuardPlacement) { self.placement = placement }

  deinit { for region in regions { munmap(region.mapping, region.mappedBytes) } }

  /// A copy of `values` at the placement.
  public func array<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
    let bytes = values.count * MemoryLayout<Element>.stride
    let region = Region(dataBytes: bytes, placement: placement)
    regions.append(region)
    let pointer = (region.mapping + region.dataOffset).bindMemory(to: Element.self, capacity: max(values.count, 1))
    pointer.update(from: values, count: values.count)
    return pointer
  }

  /// An array that a kernel shall overwrite: not a number everywhere, so that what is left out shows.
  public func unwritten(_ count: Int) -> UnsafeMutablePointer<Float> {
    array([Float](repeating: .nan, count: count))
  }

  /// No byte around any array has changed.
  public var isIntact: Bool { regions.allSatisfy(\.isIntact) }
}

/// Lends guarded memory, and keeps it alive until `body` has returned: bare pointers do not.
public func withGuardedMemory<Result>(
  _ placement: GuardPlacement, _ body: (GuardedMemory) throws -> Result
) rethrows -> Result {
  let memory = GuardedMemory(placement)
  return try withExtendedLifetime(memory) { try body(memory) }
}

/// One mapping: a guard page, pages with the data somewhere in them, a guard page.
private struct Region {
  let mapping: UnsafeMutableRawPointer
  let mappedBytes: Int
  let dataOffset: Int
  let dataBytes: Int
  private let pageBytes = Int(getpagesize())
  private static let pattern: UInt8 = 0xa5

  init(dataBytes: Int, placement: GuardPlacement) {
    let gap = MemoryLayout<Float>.stride
    let pages = (dataBytes + gap + pageBytes - 1) / pageBytes
    let inner = pages * pageBytes
    mappedBytes = inner + 2 * pageBytes
    self.dataBytes = dataBytes
    let (readWrite, anonymous) = (PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
    guard let mapping = mmap(nil, mappedBytes, readWrite, anonymous, -1, 0), mapping != MAP_FAILED else {
      preconditionFailure("mmap of \(mappedBytes) bytes failed: errno \(errno)")
    }
    self.mapping = mapping
    let last = pageBytes + inner
    precondition(mprotect(mapping, pageBytes, PROT_NONE) == 0 && mprotect(mapping + last, pageBytes, PROT_NONE) == 0)
    dataOffset =
      switch placement {
      case .beforeGuard: last - dataBytes
      case .beforeGuardUnaligned: last - dataBytes - gap
      case .behindGuard: pageBytes
      case .behindGuardUnaligned: pageBytes + gap
      }
    memset(mapping + pageBytes, Int32(Self.pattern), inner)
  }

  var isIntact: Bool {
    let bytes = UnsafeRawBufferPointer(start: mapping, count: mappedBytes)
    let before = bytes[pageBytes..<dataOffset]
    let behind = bytes[dataOffset + dataBytes..<mappedBytes - pageBytes]
    return before.allSatisfy { $0 == Self.pattern } && behind.allSatisfy { $0 == Self.pattern }
  }
}
