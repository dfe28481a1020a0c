/// Which names make up a step's global batch: a pure function of (seed, step, slot).
///
/// Sample number step · B + slot runs through the data set in epochs; in each epoch a permutation keyed by
/// (seed, epoch) visits every name exactly once. Any rank computes any step's batch without state, so the
/// number of ranks never changes the data, and a resumed run neither skips nor repeats.
public struct BatchSampler: Sendable {
  /// Names in the data set, at least 1.
  public let names: Int
  /// B
  public let batch: Int
  private let random: CounterRandom
  private let highBits: Int
  private let lowBits: Int

  /// - Parameter stream: of the random numbers; a run's batches have their own.
  public init(seed: UInt64, names: Int, batch: Int, stream: CounterRandom.Stream = .batches) {
    precondition(names > 0 && batch > 0)
    self.names = names
    self.batch = batch
    random = CounterRandom(seed: seed, stream: stream)
    let bits = Int.bitWidth - (names - 1).leadingZeroBitCount
    highBits = bits / 2
    lowBits = bits - bits / 2
  }

  /// The index (0..<names) of the name in `slot` of `step`'s batch.
  public func name(step: Int, slot: Int) -> Int {
    let sample = step * batch + slot
    let (epoch, position) = sample.quotientAndRemainder(dividingBy: names)
    return permute(position, key: random.bits(UInt64(epoch)))
  }

  /// What sorts the indices of a batch, or of fewer names.
  public var sorter: IndexSorter { IndexSorter(most: batch, bound: names) }

  /// Writes the B indices of a step's batch, in ascending order.
  public func sortedBatch(step: Int, into indices: UnsafeMutableBufferPointer<UInt32>) {
    let batch = UnsafeMutableBufferPointer(rebasing: indices[..<batch])
    names(from: step * batch.count, into: batch)
    sorter.sort(batch)
  }

  /// Writes the indices of consecutive samples' names; as many as fit, B at most.
  public func names(from sample: Int, into indices: UnsafeMutableBufferPointer<UInt32>) {
    var (epoch, position) = sample.quotientAndRemainder(dividingBy: names)
    var key = random.bits(UInt64(epoch))
    for slot in indices.indices {
      if position == names {
        position = 0
        epoch += 1
        key = random.bits(UInt64(epoch))
      }
      indices[slot] = UInt32(truncatingIfNeeded: permute(position, key: key))
      position += 1
    }
  }

  /// Writes the indices of an epoch's first names, as many as fit: different ones, `names` at most.
  public func names(ofEpoch epoch: Int, into indices: UnsafeMutableBufferPointer<UInt32>) {
    precondition(indices.count <= names, "more names than an epoch has")
    let key = random.bits(UInt64(epoch))
    for position in indices.indices { indices[position] = UInt32(truncatingIfNeeded: permute(position, key: key)) }
  }

  /// A keyed permutation of 0..<names: a Feistel network over the next power of two, walked along its cycle
  /// until it falls below `names` (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
  private func permute(_ value: Int, key: UInt64) -> Int {
    let highMask = (UInt64(1) << UInt64(highBits)) - 1
    let lowMask = (UInt64(1) << UInt64(lowBits)) - 1
    var walked = UInt64(value)
    repeat {
      var high = walked >> UInt64(lowBits)
      var low = walked & lowMask
      var roundKey = key
      for _ in 0..<4 {
        high ^= Self.scramble(low, roundKey) & highMask
        low ^= Self.scramble(high, roundKey >> 17) & lowMask
        roundKey = roundKey &* 0xd129_42f5_7c8d_2b6b &+ 0x9e37_79b9_7f4a_7c15
      }
      walked = high << UInt64(lowBits) | low
    } while walked >= UInt64(names)
    return Int(walked)
  }

  @inline(__always)
  private static func scramble(_ value: UInt64, _ key: UInt64) -> UInt64 {
    let product = (value ^ key) &* 0xa076_1d64_78bd_642f
    return (product >> 32) ^ (product >> 51)
  }
}
