import CXXHash

/// The XXH3-128 hash (seed 0) of bytes that arrive in pieces.
///
/// The same bytes give the same hash on every machine and however they were cut. It tells contents apart; it is no
/// defence against someone who wants two contents to collide.
///
/// Source: the xxHash specification, version 0.2 (XXH3).
public struct ContentHasher: ~Copyable {
  private let stream: OpaquePointer

  public init() {
    guard let stream = cxxhash_128_create() else { fatalError("out of memory: no room for a hash's state") }
    self.stream = stream
  }

  deinit { cxxhash_128_free(stream) }

  /// Adds `bytes`; an empty buffer changes nothing. The memory is read only during the call.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    cxxhash_128_update(stream, bytes.baseAddress, bytes.count)
  }

  /// The hash of all bytes so far, as its low and high word. The hasher can go on.
  public func digest() -> (low: UInt64, high: UInt64) {
    let digest = cxxhash_128_digest(stream)
    return (digest.low, digest.high)
  }

  /// The hash of all bytes so far in 32 hexadecimal digits, high word first, as `xxhsum -H128` prints it.
  public func hexDigest() -> String {
    let (low, high) = digest()
    return Self.hex(high) + Self.hex(low)
  }

  /// The XXH3-64 hash (seed 0) of bytes that are there as a whole.
  public static func hash64(_ bytes: UnsafeRawBufferPointer) -> UInt64 { cxxhash_64(bytes.baseAddress, bytes.count) }

  private static func hex(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
