import Options
import Values

/// Which segments of a chain are replayed.
enum SegmentChoice: WrittenValue, CustomStringConvertible {
  case all
  /// So many, drawn by a seed.
  case random(Int)

  static var words: String { "all, or random:n with n from 1" }

  init?(written text: String) {
    let start = "random:"
    if text == "all" {
      self = .all
    } else if text.hasPrefix(start), let count = Int(written: String(text.dropFirst(start.count))), count >= 1 {
      self = .random(count)
    } else {
      return nil
    }
  }

  var description: String {
    switch self {
    case .all: "all"
    case .random(let count): "random:\(count)"
    }
  }

  /// Indices of segments, in ascending order.
  ///
  /// - Parameter seed: decides which are drawn, each set of them as likely as any other.
  func indices(of count: Int, seed: UInt64) -> [Int] {
    guard case .random(let wanted) = self, wanted < count else { return Array(0..<count) }
    var random = Draws(state: seed)
    return Array((0..<count).shuffled(using: &random).prefix(wanted)).sorted()
  }
}

/// SplitMix64: the same draws everywhere, so that a verification can be repeated.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
private struct Draws: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
