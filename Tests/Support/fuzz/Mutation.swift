/// Changes that fit any format.
enum Mutation {
  /// Numbers at which counts and offsets go wrong.
  static let numbers: [Int] = [
    0, 1, -1, 7, 8, 127, 128, 255, 256, 32767, 65535, 65536, 100_000_000, 100_000_001, 1 << 30, 1 << 31 - 1, 1 << 31,
    1 << 32 - 1, 1 << 32, 1 << 61, 1 << 62, .max - 8, .max, .min,
  ]

  /// Makes 1 to 8 changes.
  ///
  /// - Parameters:
  ///   - words: pieces of the format, to be put in.
  ///   - others: intact inputs, to be spliced in.
  ///   - most: the length in bytes that is not passed.
  static func change(
    _ bytes: inout [UInt8], words: [[UInt8]], others: [[UInt8]], most: Int, _ random: inout Random
  ) {
    for _ in 0..<random.size(upTo: 8) {
      changeOnce(&bytes, words, others, &random)
      if bytes.count > most { bytes.removeSubrange(most...) }
    }
  }

  private static func changeOnce(
    _ bytes: inout [UInt8], _ words: [[UInt8]], _ others: [[UInt8]], _ random: inout Random
  ) {
    let range = random.range(in: bytes.count)
    switch random.below(10) {
    case 0: flip(&bytes, &random)
    case 1: if let place = bytes.indices.randomPlace(&random) { bytes[place] = UInt8(random.below(256)) }
    case 2: bytes.removeSubrange(random.once(in: 4) ? range.lowerBound..<bytes.count : range)
    case 3: bytes.insert(contentsOf: bytes[range], at: random.below(bytes.count + 1))
    case 4: bytes.replaceSubrange(range, with: random.pick(words))
    case 5, 6: bytes.insert(contentsOf: random.pick(words), at: range.lowerBound)
    case 7: bytes.replaceSubrange(range, with: number(&random))
    case 8:
      let other = random.pick(others)
      bytes.replaceSubrange(range, with: other[random.range(in: other.count)])
    default:
      let piece = bytes[range]
      let copies = min(random.size(upTo: 4096), 1 << 16 / max(1, piece.count))
      bytes.insert(contentsOf: Array(repeating: piece, count: copies).joined(), at: range.upperBound)
    }
  }

  private static func flip(_ bytes: inout [UInt8], _ random: inout Random) {
    guard let place = bytes.indices.randomPlace(&random) else { return }
    bytes[place] ^= 1 << UInt8(random.below(8))
  }

  /// A number as text, or in 1 to 8 bytes of either order.
  private static func number(_ random: inout Random) -> [UInt8] {
    let number = random.pick(numbers)
    if random.once(in: 2) { return Array("\(number)".utf8) }
    let width = 1 << random.below(4)
    let bytes = (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    return random.once(in: 4) ? bytes.reversed() : bytes
  }
}

extension Range<Int> {
  fileprivate func randomPlace(_ random: inout Random) -> Int? {
    isEmpty ? nil : lowerBound + random.below(count)
  }
}
