import CSIMD
import DataParallel
import GPT
import Kernels
import Values

/// What one core can do at most: multiply-adds per second, and bytes per second out of each level of memory.
///
/// Source: Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for multicore
/// architectures", 2009.
public final class RooflineMeasurement {
  /// The largest array; the others are its beginning.
  private let storage: AlignedBuffer<Float>
  private let counts: [Int]
  private var rates: [[Double]]
  /// GFLOP/s, one for each turn.
  public private(set) var peaks: [Double] = []

  /// A turn reads at least so much of each level: a millisecond or a few.
  private static let bytesPerTurn = 1 << 25

  /// - Parameter bytes: of an array for each level; a multiple of 512.
  public init(bytes: [Int]) {
    counts = bytes.map { $0 / MemoryLayout<Float>.size }
    storage = AlignedBuffer(zeros: counts.max() ?? 0)
    // Pages that nobody has written are all the same page of zeros.
    for index in 0..<storage.count { storage[index] = 1 }
    rates = bytes.map { _ in [] }
  }

  /// Measures all levels in turns.
  public func run(seconds: Double) throws {
    try Turns(seconds: seconds, leastRounds: 3).run {
      peaks.append(Core.multiplyAddRate() * 1e-9)
      for (level, count) in counts.enumerated() { rates[level].append(rate(count)) }
    }
  }

  /// GB/s of each level.
  public var bandwidths: [Sample] { rates.map { Sample($0) } }

  private func rate(_ count: Int) -> Double {
    // One pass that does not count brings it as near as it fits.
    var sum = readStream(storage.pointer, count: count, passes: 1)
    let bytes = count * MemoryLayout<Float>.size
    let passes = max(Self.bytesPerTurn / bytes, 1)
    let start = csimd_nanoseconds()
    sum += readStream(storage.pointer, count: count, passes: passes)
    let nanoseconds = Double(csimd_nanoseconds() - start)
    precondition(sum.isFinite)
    return Double(bytes * passes) / max(nanoseconds, 1)
  }
}
