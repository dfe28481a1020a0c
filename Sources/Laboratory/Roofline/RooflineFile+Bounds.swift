import DataParallel
import GPT
import Schemas
import Values

extension RooflineFile {
  /// A core's caches and memory, the nearest first, each with what is to be read there over and over: half of a cache
  /// that is the core's own, so that it stays there; of one that others share a part that the levels before cannot hold;
  /// of memory four times the last cache.
  public static func levels(caches: [(level: Int, bytes: Int, cpus: Int)]) -> [MemoryLevel] {
    var levels: [MemoryLevel] = []
    var before = 0
    for cache in caches where cache.bytes > before {
      levels.append(
        MemoryLevel {
          ($0.level, $0.bytes, $0.cpus) = ("L\(cache.level)", cache.bytes, cache.cpus)
          let share = cache.cpus > 1 ? cache.bytes / 4 : cache.bytes / 2
          $0.measuredBytes = whole(min(max(share, 4 * before), cache.bytes / 2))
        })
      before = cache.bytes
    }
    let least = 1 << 26
    let most = 1 << 30
    levels.append(
      MemoryLevel { ($0.level, $0.measuredBytes) = ("memory", whole(max(min(4 * before, most), least))) })
    return levels
  }

  /// In the pieces that are read.
  private static func whole(_ bytes: Int) -> Int { max(bytes / 512, 1) * 512 }

  /// Takes in what was measured. Without it bounds stay unknown.
  public mutating func add(_ measurement: RooflineMeasurement) {
    let peak = Sample(measurement.peaks)
    (peakGflops, peakGflopsP10, peakGflopsP90) = (peak.median, peak.quantile(0.1), peak.quantile(0.9))
    for (index, sample) in measurement.bandwidths.enumerated() {
      levels[index].gbPerSecond = sample.median
      (levels[index].gbPerSecondP10, levels[index].gbPerSecondP90) = (sample.quantile(0.1), sample.quantile(0.9))
    }
  }

  /// Says that nothing was measured.
  public mutating func forgetMeasuredBytes() { for index in levels.indices { levels[index].measuredBytes = nil } }

  /// The nearest level that holds so many bytes.
  public func level(holding bytes: Int) -> MemoryLevel? { levels.first { bytes <= $0.bytes ?? .max } }

  /// Works out a model's step, and its bounds where the levels were measured.
  public func size(_ shape: Shape, batch: Int, _ step: StepSize) -> ModelSize {
    let (rows, pairs) = (Int(step.pieceRows.rounded(.up)), Int(step.piecePairs.rounded(.up)))
    let set = WorkingSet(shape: shape, rows: rows, pairs: pairs, pieces: step.pieces)
    let adamFlop = Double(shape.parameterCount * adamOperations)
    let phases = [
      phase("forward", flop: step.operations / 3, times: step.pieces, bytes: set.forward),
      phase("backward", flop: step.operations * 2 / 3, times: step.pieces, bytes: set.backward),
      phase("Adam", flop: adamFlop, times: 1, bytes: set.adam),
    ]
    return ModelSize {
      ($0.c, $0.heads, $0.batch, $0.parameters) = (shape.dModel, shape.heads, batch, shape.parameterCount)
      ($0.positions, $0.rows, $0.pairs, $0.pieces) = (step.positions, step.rows, step.pairs, step.pieces)
      let perPosition = 6 * Double(shape.parameterCount)
      ($0.paddedFlop, $0.nominalFlop) = (perPosition * Double(Shape.context * batch), perPosition * step.positions)
      $0.doneFlop = step.operations
      ($0.parametersBytes, $0.copiesBytes) = (set.parameters, set.copies)
      ($0.gradientBytes, $0.momentsBytes) = (set.gradient, set.moments)
      ($0.forwardActivationsBytes, $0.backwardActivationsBytes) = (set.forwardActivations, set.backwardActivations)
      $0.phases = phases
      let bounds = phases.compactMap(\.boundUs)
      $0.boundUs = bounds.count == phases.count ? bounds.reduce(0, +) : nil
    }
  }

  private func phase(_ name: String, flop: Double, times: Int, bytes: Int) -> PhaseSize {
    let own = level(holding: bytes)
    return PhaseSize {
      ($0.phase, $0.flop, $0.times, $0.bytes) = (name, flop, times, bytes)
      $0.level = own?.level ?? ""
      $0.intensity = flop / Double(times * bytes)
      guard let peakGflops, let bandwidth = own?.gbPerSecond else { return }
      let most = $0.intensity * bandwidth
      $0.boundGflops = min(peakGflops, most)
      $0.boundBy = most < peakGflops ? "bandwidth" : "arithmetic"
      $0.boundUs = flop / min(peakGflops, most) / 1000
    }
  }
}

/// Operations of Adam on a parameter by its formula, a root and a division counted as one each: 3 for the first moment,
/// 4 for the second, 2 corrections, the root, ε, the division, and 2 for the step.
private let adamOperations = 14
