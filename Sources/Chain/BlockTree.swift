/// The root of a tree of digests over fixed blocks of bytes, as a tensor's digest: whoever has two roots that differ, and
/// both trees, finds the first block in which bytes do, and blocks can be hashed apart. It does not depend on who hashes.
///
/// A leaf is SHA-256(0x00 ‖ block), a node SHA-256(0x01 ‖ left ‖ right), so that no leaf is ever a node; the last of an odd
/// number goes up as it is. No bytes at all are one empty block.
///
/// Source: RFC 6962, §2.1, for the two prefixes.
public enum BlockTree {
  /// Bytes of a block; the last one may be shorter.
  public static let blockSize = 1 << 16

  /// - Parameter hasher: of which nothing is under way.
  public static func root(of bytes: UnsafeRawBufferPointer, _ hasher: borrowing SHA256) throws(ChainError) -> Digest {
    var level: [Digest] = []
    for start in stride(from: 0, to: max(bytes.count, 1), by: blockSize) {
      let block = bytes[start..<min(start + blockSize, bytes.count)]
      try hasher.update([0])
      try hasher.update(UnsafeRawBufferPointer(rebasing: block))
      level.append(try hasher.finish())
    }
    while level.count > 1 {
      var above: [Digest] = []
      for left in stride(from: 0, to: level.count, by: 2) {
        guard left + 1 < level.count else {
          above.append(level[left])
          continue
        }
        try hasher.update([1] + level[left].bytes + level[left + 1].bytes)
        above.append(try hasher.finish())
      }
      level = above
    }
    return level[0]
  }
}
