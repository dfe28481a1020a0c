import GPT
import MPI

/// Brings the model, whose moments are spread over the ranks, together on rank 0, and hands one out again.
///
/// Between two steps. Rank 0 needs no barrier around it: parameters and moments change in a step's update, which no rank
/// begins before rank 0 has come to that step's exchange.
///
/// Cost of gathering: a copy of the parameters, and of the moments a copy on rank 0 and a message from each other rank
/// that keeps some.
final class SnapshotExchange {
  private let world: Communicator
  private let state: ModelState
  /// The parameters, and the moments, that this rank writes.
  private let ownParameters, ownMoments: [Range<Int>]
  /// Whose moments are taken: together they are 0..<P.
  private let owners: [(rank: Int, spans: [Range<Int>])]

  /// Floats that are handed out at a time.
  private static let piece = 1 << 16

  /// Collective.
  ///
  /// - Parameter layout: of the ranks' slices.
  init(
    _ synchronisation: any GradientSynchronisation, layout: ReplicaLayout, state: ModelState, world: Communicator
  ) throws {
    self.world = world
    self.state = state
    let (count, slice) = (state.shape.parameterCount, synchronisation.slice)
    ownParameters = synchronisation.replica?.ownSpans ?? [0..<count]
    ownMoments = synchronisation.sliceSpans
    let bounds = try world.allGather((start: slice.lowerBound, end: slice.upperBound))
    let owners = Self.owners(bounds.map { $0.start..<$0.end })
    precondition(owners.reduce(0) { $0 + $1.range.count } == count, "slices do not cover the parameters")
    self.owners = owners.map { ($0.rank, layout.spans(of: $0.range)) }
  }

  /// The lowest rank that keeps each slice: replicas of other nodes keep the same ones again.
  static func owners(_ slices: [Range<Int>]) -> [(rank: Int, range: Range<Int>)] {
    var taken: Set<Range<Int>> = []
    var owners: [(rank: Int, range: Range<Int>)] = []
    for (rank, slice) in slices.enumerated() where !slice.isEmpty && taken.insert(slice).inserted {
      owners.append((rank, slice))
    }
    return owners
  }

  /// Copies the model to rank 0. Collective.
  ///
  /// - Parameter target: overwritten; of rank 0, and nil elsewhere.
  func gather(into target: ModelArrays?) throws {
    target?.parameters.update(from: state.parameters.pointer, count: state.shape.parameterCount)
    try gather(state.first.pointer, to: target?.first)
    try gather(state.second.pointer, to: target?.second)
    if let sums = state.arrays.sums { try gather(sums, to: target?.sums) }
    if let momentum = state.arrays.outerMomentum { try gather(momentum, to: target?.outerMomentum) }
  }

  /// Copies what each rank keeps of its slice to rank 0. Collective.
  ///
  /// - Parameters:
  ///   - own: (P), of which this rank has its slice.
  ///   - target: (P), overwritten; of rank 0, and nil elsewhere.
  private func gather<Number: BitwiseCopyable>(
    _ own: UnsafeMutablePointer<Number>, to target: UnsafeMutablePointer<Number>?
  ) throws {
    for (rank, spans) in owners {
      guard rank == world.rank || target != nil else { continue }
      if rank == world.rank, let target {
        for span in spans { (target + span.lowerBound).update(from: own + span.lowerBound, count: span.count) }
        continue
      }
      // One message, of all spans.
      let message = AlignedBuffer<Number>(zeros: spans.reduce(0) { $0 + $1.count })
      if let target {
        try world.receive(into: message.buffer, from: rank, tag: Self.tag)
        unpack(message.pointer, to: target, spans)
      } else {
        pack(own, into: message.pointer, spans)
        try world.send(UnsafeBufferPointer(message.buffer), to: 0, tag: Self.tag)
      }
    }
  }

  private func pack<Number: BitwiseCopyable>(
    _ source: UnsafePointer<Number>, into packed: UnsafeMutablePointer<Number>, _ spans: [Range<Int>]
  ) {
    var packed = packed
    for span in spans {
      packed.update(from: source + span.lowerBound, count: span.count)
      packed += span.count
    }
  }

  private func unpack<Number: BitwiseCopyable>(
    _ packed: UnsafePointer<Number>, to target: UnsafeMutablePointer<Number>, _ spans: [Range<Int>]
  ) {
    var packed = packed
    for span in spans {
      (target + span.lowerBound).update(from: packed, count: span.count)
      packed += span.count
    }
  }

  /// Writes rank 0's model into what each rank keeps of it. Collective; ranks that read others' parameters must wait
  /// for them afterwards.
  ///
  /// - Parameter source: of rank 0, and nil elsewhere.
  func scatter(_ source: ModelArrays?) throws {
    try scatter(source?.parameters, to: state.parameters.pointer, own: ownParameters)
    try scatter(source?.first, to: state.first.pointer, own: ownMoments)
    try scatter(source?.second, to: state.second.pointer, own: ownMoments)
    if let sums = state.arrays.sums { try scatter(source?.sums, to: sums, own: ownMoments) }
    if let momentum = state.arrays.outerMomentum { try scatter(source?.outerMomentum, to: momentum, own: ownMoments) }
  }

  /// - Parameters:
  ///   - source: (P) of rank 0, and nil elsewhere.
  ///   - target: (P), of which `own` is overwritten.
  private func scatter<Number: BitwiseCopyable>(
    _ source: UnsafeMutablePointer<Number>?, to target: UnsafeMutablePointer<Number>, own: [Range<Int>]
  ) throws {
    let piece = AlignedBuffer<Number>(zeros: Self.piece)
    for start in stride(from: 0, to: state.shape.parameterCount, by: Self.piece) {
      let range = start..<min(start + Self.piece, state.shape.parameterCount)
      if let source { piece.pointer.update(from: source + start, count: range.count) }
      try world.broadcast(UnsafeMutableBufferPointer(start: piece.pointer, count: range.count))
      for span in own {
        let mine = range.clamped(to: span)
        guard !mine.isEmpty else { continue }
        (target + mine.lowerBound).update(from: piece.pointer + mine.lowerBound - start, count: mine.count)
      }
    }
  }

  /// Runs `body` while the mean of the parameters after the last `steps` steps stands in the parameters' place. Collective;
  /// where it throws the parameters are of no use any more.
  ///
  /// - Parameters:
  ///   - steps: how many the sums are of, at least 1.
  ///   - replaced: runs on all ranks when each has replaced its part, and waits for them.
  ///   - wait: waits for all ranks.
  func withMean<Result>(
    of steps: Int, replaced: () throws -> Void, wait: () throws -> Void, _ body: () throws -> Result
  ) throws -> Result {
    let (isRoot, count) = (world.rank == 0, state.shape.parameterCount)
    let trained = AlignedBuffer<Float>(zeros: ownParameters.reduce(0) { $0 + $1.count })
    pack(state.parameters.pointer, into: trained.pointer, ownParameters)
    let sums = AlignedBuffer<Double>(zeros: isRoot ? count : 0)
    let mean = AlignedBuffer<Float>(zeros: isRoot ? count : 0)
    try gather(state.sums.pointer, to: isRoot ? sums.pointer : nil)
    for i in 0..<mean.count { mean[i] = averageParameter(sum: sums[i], steps: steps) }
    // Another rank may still look at the parameters as they are.
    try wait()
    try scatter(isRoot ? mean.pointer : nil, to: state.parameters.pointer, own: ownParameters)
    try replaced()
    let result = try body()
    try wait()
    unpack(trained.pointer, to: state.parameters.pointer, ownParameters)
    try replaced()
    return result
  }

  /// Of these messages, so that they meet no others.
  private static let tag = 77
}
