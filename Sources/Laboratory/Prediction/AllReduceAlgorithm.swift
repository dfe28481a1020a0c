/// How Open MPI 4.1 all-reduces: the algorithm it takes for a number of ranks and a size, and what that sends.
///
/// Source: the library's fixed decisions, read off version 4.1.4; Thakur, Rabenseifner and Gropp, "Optimization of
/// collective communication operations in MPICH", 2005, §4.5, for the algorithms.
enum AllReduceAlgorithm: Sendable, Equatable {
  case reduceAndBroadcast
  case recursiveDoubling
  case ring
  /// Recursive halving of the sum, then recursive doubling of the result.
  case rabenseifner

  /// What the library takes.
  ///
  /// - Parameter bytes: of the vector that is reduced.
  static func openMPI(ranks: Int, bytes: Double) -> AllReduceAlgorithm {
    switch ranks {
    case ..<4:
      switch bytes {
      case ..<8: .ring
      case ..<4096: .recursiveDoubling
      case ..<8192: .ring
      case ..<16384: .recursiveDoubling
      case ..<262144: .ring
      default: .rabenseifner
      }
    case ..<16: bytes < 8192 ? .recursiveDoubling : .rabenseifner
    case ..<32: bytes < 4096 ? .recursiveDoubling : .rabenseifner
    case ..<64: .rabenseifner
    case ..<128: bytes < 262144 ? .recursiveDoubling : .rabenseifner
    case ..<256:
      if bytes < 131072 { .reduceAndBroadcast } else { bytes < 262144 ? .recursiveDoubling : .rabenseifner }
    case ..<512: bytes < 4096 ? .reduceAndBroadcast : .rabenseifner
    case ..<2048:
      if bytes < 2048 { .reduceAndBroadcast } else { bytes < 16384 ? .recursiveDoubling : .rabenseifner }
    case ..<4096:
      if bytes < 2048 {
        .reduceAndBroadcast
      } else if bytes < 4096 {
        .ring
      } else {
        bytes < 16384 ? .recursiveDoubling : .rabenseifner
      }
    default:
      if bytes < 2048 {
        .reduceAndBroadcast
      } else if bytes < 16384 {
        .ring
      } else {
        bytes < 32768 ? .recursiveDoubling : .rabenseifner
      }
    }
  }

  /// The messages on the longest path, one after another. Rounds that are alike count as one with a repetition.
  ///
  /// A number of ranks that is no power of two costs the logarithmic ones further rounds: surplus ranks hand over what
  /// they have before, and get the result after.
  func rounds(ranks: Int, bytes: Double) -> [MessageRound] {
    guard ranks > 1 else { return [] }
    let stages = Int.bitWidth - 1 - ranks.leadingZeroBitCount
    let isPower = ranks.nonzeroBitCount == 1
    switch self {
    case .reduceAndBroadcast:
      let depth = isPower ? stages : stages + 1
      return (0..<depth).map { MessageRound(bytes: bytes, distance: 1 << $0, count: 2) }
    case .recursiveDoubling:
      let surplus = isPower ? [] : [MessageRound(bytes: bytes, distance: 1, count: 2)]
      return surplus + (0..<stages).map { MessageRound(bytes: bytes, distance: 1 << $0) }
    case .ring where bytes < Double(4 * ranks):
      // Fewer floats than ranks: the library takes this instead.
      return Self.recursiveDoubling.rounds(ranks: ranks, bytes: bytes)
    case .ring:
      return [MessageRound(bytes: bytes / Double(ranks), distance: ranks, count: 2 * (ranks - 1), isRing: true)]
    case .rabenseifner:
      let surplus =
        isPower
        ? []
        : [MessageRound(bytes: bytes / 2, distance: 1, count: 2), MessageRound(bytes: bytes, distance: 1)]
      return surplus
        + (0..<stages).map { MessageRound(bytes: bytes / Double(2 << $0), distance: 1 << $0, count: 2) }
    }
  }
}

/// Messages that every rank sends and receives at the same time.
struct MessageRound: Sendable, Equatable {
  /// Of one rank's message.
  var bytes: Double
  /// Between the ranks that talk to each other.
  var distance: Int
  var count = 1
  /// Whether each rank talks to its neighbours only, so that one rank per host uses the network.
  var isRing = false
}
