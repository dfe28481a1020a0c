/// One name as the model sees it: its first 16 letters in 16 bytes, boundary tokens behind its end.
///
/// Input at position p is the letter before it (a boundary at p = 0), the target is letter p: reading past the
/// end of the name gives the boundary, as it should. First letters are the most significant bytes, so that
/// names compare as words do and common prefixes are leading zeros of an exclusive or.
public struct Name: Sendable, Hashable, Comparable, BitwiseCopyable {
  @usableFromInline var high: UInt64
  @usableFromInline var low: UInt64

  @usableFromInline static var padding: UInt64 { 0x1a1a_1a1a_1a1a_1a1a }

  /// - Parameter letters: 0…25 each; letters from the 17th on are left out.
  public init(letters: UnsafeBufferPointer<UInt8>) {
    high = Name.padding
    low = Name.padding
    for (index, letter) in letters.prefix(Shape.context).enumerated() {
      let shift = UInt64(56 - 8 * (index & 7))
      let change = (UInt64(letter) ^ UInt64(Shape.boundary)) << shift
      if index < 8 { high ^= change } else { low ^= change }
    }
  }

  /// The empty name.
  public init() {
    high = Name.padding
    low = Name.padding
  }

  /// Letter `index` (0…15), or the boundary behind the end: the target at position `index`.
  @inlinable @inline(__always)
  public func target(_ index: Int) -> Int {
    let word = index < 8 ? high : low
    return Int((word >> UInt64(56 - 8 * (index & 7))) & 0xff)
  }

  /// The input token at `position` (0…15).
  @inlinable @inline(__always)
  public func input(_ position: Int) -> Int {
    position == 0 ? Shape.boundary : target(position - 1)
  }

  /// T: predicted positions, min(16, letters + 1).
  @inlinable @inline(__always)
  public var positions: Int {
    let first = Name.firstBoundary(high)
    let letters = first < 8 ? first : 8 + Name.firstBoundary(low)
    return min(Shape.context, letters + 1)
  }

  /// Leading tokens, of 16, that two names have in common.
  @inlinable @inline(__always)
  public func commonPrefix(_ other: Name) -> Int {
    let difference = high ^ other.high
    if difference != 0 { return difference.leadingZeroBitCount >> 3 }
    return 8 + (low ^ other.low).leadingZeroBitCount >> 3
  }

  /// Index of the first byte that is a boundary, or 8.
  @inlinable @inline(__always)
  static func firstBoundary(_ word: UInt64) -> Int {
    let x = word ^ padding
    let lowBits: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
    let zeroBytes = ~(((x & lowBits) &+ lowBits) | x) & ~lowBits
    return zeroBytes.leadingZeroBitCount >> 3
  }

  public static func < (left: Name, right: Name) -> Bool {
    left.high != right.high ? left.high < right.high : left.low < right.low
  }
}
