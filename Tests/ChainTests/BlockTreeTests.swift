import Chain
import Testing

@Suite("a tensor's tree of blocks")
struct BlockTreeTests {
  private static let block = BlockTree.blockSize

  private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

  private func root(_ bytes: [UInt8]) throws -> Digest {
    let hasher = try SHA256()
    return try bytes.withUnsafeBytes { try BlockTree.root(of: $0, hasher) }
  }

  private func hash(_ pieces: [UInt8]...) throws -> [UInt8] {
    let hasher = try SHA256()
    for piece in pieces { try hasher.update(piece) }
    return try hasher.finish().bytes
  }

  @Test("one block is its leaf, and none is an empty one", arguments: [0, 1, 65_535, 65_536])
  func leaf(count: Int) throws {
    #expect(try root(bytes(count)).bytes == hash([0], bytes(count)))
  }

  @Test("two, three and five blocks, written out")
  func nodes() throws {
    let all = bytes(4 * Self.block + 9)
    let leaves = try (0..<5).map { try hash([0], Array(all[$0 * Self.block..<min(($0 + 1) * Self.block, all.count)])) }
    let left = try hash([1], leaves[0], leaves[1])
    #expect(try root(Array(all.prefix(2 * Self.block))).bytes == left)
    #expect(try root(Array(all.prefix(3 * Self.block))).bytes == hash([1], left, leaves[2]))
    let right = try hash([1], leaves[2], leaves[3])
    #expect(try root(all).bytes == hash([1], hash([1], left, right), leaves[4]))
  }

  @Test("every bit counts", arguments: [0, 65_535, 65_536, 131_071, 150_000])
  func bits(place: Int) throws {
    let all = bytes(150_001)
    var changed = all
    changed[place] ^= 0x80
    #expect(try root(changed) != root(all))
  }
}
