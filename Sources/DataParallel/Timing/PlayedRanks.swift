import CSIMD
import GPT

/// The ranks of a job on one host, played by one core, one rank after the other: what each phase of a step takes where
/// nobody waits and nothing is sent.
///
/// It trains for real, with the trainer's own selection, shards, passes, slices and update. A rank's passes and update
/// are repeated in turns, and the least time of each counts: what it has just used is in its caches, as in training.
/// What other ranks have written is there, too, and what reading it costs is measured apart (`transfer`).
public final class PlayedRanks {
  public let settings: Settings
  public let ranks: Int
  /// Of the steps played so far.
  public private(set) var steps: [Step] = []

  /// Times in µs.
  public struct Step: Sendable {
    /// Of the rank in the middle: all do equal parts of it.
    public var selection = 0.0
    /// (N): forward and backward pass, and reduction and update.
    public var passes: [Double] = []
    public var update: [Double] = []
    /// (N): operations of the passes.
    public var flops: [Double] = []
    /// How much longer the slowest passes and update take where what other ranks wrote comes from memory; nil where that
    /// was not measured.
    public var transfer: Double?
  }

  private let parameterCount: Int
  /// Of each rank, in tile order and in canonical order.
  private let slices: [Range<Int>]
  private let spans: [[Range<Int>]]
  let state: ModelState
  private let engine: any Engine
  private let pass: ShardPass
  private let replica: AlignedBuffer<Float>
  /// (N · P), and where each rank's begins.
  private let gradientMemory: AlignedBuffer<Float>
  private let gradients: AlignedBuffer<UnsafePointer<Float>>
  /// (3, P): parameters and moments before the update.
  private let saved: AlignedBuffer<Float>
  /// All of a step's batch.
  private let draft: BatchDraft
  /// Who the ranks' drawing is timed with, and the memory they share; none for one rank.
  private let sources: [BatchSource]
  private let batchMemory: AlignedBuffer<UInt8>
  private var next = 0
  private var nextDrawn = 0

  /// Times that count for each phase of a rank.
  private static let repeats = 3
  /// Every so many steps the transfer is measured.
  private static let transferEvery = 20

  /// Changes the calling thread's floating-point mode: denormals count as zero from here on.
  ///
  /// - Parameters:
  ///   - settings: of a run that is not reproducible, and has more steps than ranks.
  ///   - names: the training names.
  public init(_ settings: Settings, names: NameTable, ranks: Int) {
    csimd_flush_denormals(1)
    (self.settings, self.ranks) = (settings, ranks)
    let shape = settings.shape
    let layout = settings.engine.layout(shape: shape)
    let (count, padded) = (shape.parameterCount, CacheLine.padded(shape.parameterCount, lines: 2))
    parameterCount = count
    slices = layout.slices(ranks, .tiles)
    spans = slices.map { layout.spans(of: $0) }
    replica = AlignedBuffer(zeros: padded + layout.derivedCount)
    let replica = Replica(
      parameters: replica.pointer, derived: replica.pointer + padded, isShared: ranks > 1, own: 0..<count,
      ownSpans: [0..<count])
    state = ModelState(shape: shape, seed: settings.seed, replica: replica)
    let capacity = BatchDraft.capacity(settings, ranks: ranks)
    engine = settings.engine.make(
      shape: shape, names: TrainingStep.engineCapacity(shape, shard: capacity), derived: replica.derived,
      factors: nil, isShared: ranks > 1)
    pass = ShardPass(engine, parameters: state.parameters.pointer, names: capacity)
    engine.parametersChanged(state.parameters.pointer)
    gradientMemory = AlignedBuffer(zeros: ranks * padded)
    gradients = AlignedBuffer(zeros: ranks)
    for rank in 0..<ranks { gradients[rank] = UnsafePointer(gradientMemory.pointer + rank * padded) }
    saved = AlignedBuffer(zeros: 3 * count)
    draft = BatchDraft(settings, names: names, ranks: ranks)
    let batches = SharedBatches.Layout(capacity: capacity, ranks: ranks, ranksOfHost: ranks)
    batchMemory = AlignedBuffer(zeros: ranks > 1 ? batches.drawing * batches.member + SharedBatches.Layout.line : 0)
    let start = UnsafeMutableRawPointer(batchMemory.pointer).alignedUp(toMultipleOf: SharedBatches.Layout.line)
    let memory = (0..<batches.drawing).map { start + $0 * batches.member }
    sources =
      ranks == 1
      ? []
      : (0..<ranks).map { rank in
        let member = rank < batches.drawing ? rank : nil
        return BatchSource(
          BatchDraft(settings, names: names, ranks: ranks), rank: rank,
          shared: SharedBatches(batches, rank: rank, member: member, memory: memory))
      }
    for source in sources { _ = source.share(of: 0) }
  }

  /// Memory of one, in bytes.
  ///
  /// - Parameters: as the initialiser takes them.
  public static func memoryNeed(_ settings: Settings, names: NameTable, ranks: Int) -> MemoryNeed {
    var need = MemoryNeed(
      shape: settings.shape, batch: settings.batch, engine: settings.engine, names: names, ranks: ranks)
    let more = 4 * settings.shape.parameterCount * (ranks + 3) + 100 * settings.batch * ranks
    need.touched += more
    need.reserved += more
    need.largest = max(need.largest, 4 * settings.shape.parameterCount * ranks)
    return need
  }

  /// Plays some steps.
  public func play(_ count: Int) {
    let selection = drawRound()
    for _ in 0..<count {
      var step = playStep(next, measuresTransfer: ranks > 1 && next % Self.transferEvery == 0)
      if let selection { step.selection = selection }
      steps.append(step)
      next = (next + 1) % settings.steps
    }
  }

  /// One rank after the other draws its part of a round, all of a rank's steps in a row.
  ///
  /// - Returns: the mean time per step of the rank in the middle, in µs; nil for one rank.
  private func drawRound() -> Double? {
    guard let first = sources.first else { return nil }
    // Near the end of the run from its beginning again: batches after the last step have no names.
    if nextDrawn + 2 * first.roundSteps > settings.steps {
      nextDrawn = 0
      for source in sources { _ = source.share(of: 0) }
    }
    let round = nextDrawn + 1..<nextDrawn + 1 + first.roundSteps
    nextDrawn = round.upperBound - 1
    let times = sources.map { source in
      let start = csimd_nanoseconds()
      for step in round { _ = source.share(of: step) }
      return Double(csimd_nanoseconds() - start) / (1000 * Double(round.count))
    }
    return times.sorted()[times.count / 2]
  }

  private func playStep(_ number: Int, measuresTransfer: Bool) -> Step {
    draft.finish(number)
    let shares = (0..<ranks).map { draft.share(of: $0) }
    var step = Step()
    for rank in 0..<ranks {
      pass.work = .zero
      passes(rank, shares[rank])
      step.flops.append(pass.work.flops)
    }
    var (coldPasses, coldUpdates) = ([Double](), [Double]())
    for rank in 0..<ranks {
      let slice = slice(rank, number)
      save(rank)
      var (passTime, updateTime, selectionTime) = (Double.infinity, Double.infinity, Double.infinity)
      for turn in 0...Self.repeats {
        if ranks == 1 {
          let drawing = time { draft.finish(number) }
          if turn > 0 { selectionTime = min(selectionTime, drawing) }
        }
        let passing = time { passes(rank, shares[rank]) }
        let updating = time { update(slice) }
        restore(rank)
        guard turn > 0 else { continue }
        (passTime, updateTime) = (min(passTime, passing), min(updateTime, updating))
      }
      step.passes.append(passTime)
      step.update.append(updateTime)
      if ranks == 1 { step.selection = selectionTime }
      guard measuresTransfer else { continue }
      evict(replica.pointer, replica.count)
      coldPasses.append(time { passes(rank, shares[rank]) })
      for span in spans[rank] {
        for other in 0..<ranks where other != rank { evict(gradients[other] + span.lowerBound, span.count) }
      }
      coldUpdates.append(time { update(slice) })
      restore(rank)
    }
    if measuresTransfer {
      let cold = (coldPasses.max() ?? 0) + (coldUpdates.max() ?? 0)
      step.transfer = max(0, cold - (step.passes.max() ?? 0) - (step.update.max() ?? 0))
    }
    for rank in 0..<ranks { update(slice(rank, number)) }
    return step
  }

  private func passes(_ rank: Int, _ share: BatchShare) {
    var clock = PhaseClock(trace: nil)
    _ = pass.run(
      share.names, scale: 1 / Double(share.facts.positions), gradient: UnsafeMutablePointer(mutating: gradients[rank]),
      &clock)
  }

  private func slice(_ rank: Int, _ step: Int) -> AdamSlice {
    AdamSlice(
      state.arrays, range: slices[rank], learningRate: settings.learningRate(step: step), update: step + 1,
      beta2: settings.beta2)
  }

  private func update(_ slice: AdamSlice) { engine.adam(slice, gradients: Gradients(gradients.buffer)) }

  private var arrays: [UnsafeMutablePointer<Float>] {
    [state.parameters.pointer, state.first.pointer, state.second.pointer]
  }

  /// Keeps a rank's parameters and moments.
  private func save(_ rank: Int) {
    for (index, array) in arrays.enumerated() {
      for span in spans[rank] {
        (saved.pointer + index * parameterCount + span.lowerBound).update(
          from: array + span.lowerBound, count: span.count)
      }
    }
  }

  private func restore(_ rank: Int) {
    for (index, array) in arrays.enumerated() {
      for span in spans[rank] {
        (array + span.lowerBound).update(
          from: saved.pointer + index * parameterCount + span.lowerBound, count: span.count)
      }
    }
    engine.parametersChanged(state.parameters.pointer, in: slices[rank])
  }

  private func evict(_ start: UnsafePointer<Float>, _ count: Int) {
    for line in stride(from: 0, to: count, by: CacheLine.floats) { csimd_evict(start + line) }
  }

  /// In µs.
  private func time(_ body: () -> Void) -> Double {
    let start = csimd_nanoseconds()
    body()
    return Double(csimd_nanoseconds() - start) / 1000
  }
}
