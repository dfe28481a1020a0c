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
  private let ownParameters, ownMoments: Range<Int>
  /// Whose moments are taken: together they are 0..<P.
  private let owners: [(rank: Int, range: Range<Int>)]

  /// Floats that are handed out at a time.
  private static let piece = 1 << 16

  /// Collective.
  init(_ synchronisation: any GradientSynchronisation, state: ModelState, world: Communicator) throws {
    self.world = world
    self.state = state
    let count = state.shape.parameterCount
    ownParameters = synchronisation.replica?.own ?? 0..<count
    ownMoments = synchronisation.slice
    let bounds = try world.allGather((start: ownMoments.lowerBound, end: ownMoments.upperBound))
    let owners = Self.owners(bounds.map { $0.start..<$0.end })
    precondition(owners.reduce(0) { $0 + $1.range.count } == count, "slices do not cover the parameters")
    self.owners = owners
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
    for (rank, range) in owners {
      for (moments, to) in [(state.first.pointer, target?.first), (state.second.pointer, target?.second)] {
        if rank == world.rank, let to {
          (to + range.lowerBound).update(from: moments + range.lowerBound, count: range.count)
        } else if let to {
          try world.receive(into: .init(start: to + range.lowerBound, count: range.count), from: rank, tag: Self.tag)
        } else if rank == world.rank {
          try world.send(.init(start: moments + range.lowerBound, count: range.count), to: 0, tag: Self.tag)
        }
      }
    }
  }

  /// Writes rank 0's model into what each rank keeps of it. Collective; ranks that read others' parameters must wait
  /// for them afterwards.
  ///
  /// - Parameter source: of rank 0, and nil elsewhere.
  func scatter(_ source: ModelArrays?) throws {
    let piece = AlignedBuffer<Float>(zeros: Self.piece)
    let arrays = [
      (source?.parameters, state.parameters.pointer, ownParameters), (source?.first, state.first.pointer, ownMoments),
      (source?.second, state.second.pointer, ownMoments),
    ]
    for (from, to, own) in arrays {
      for start in stride(from: 0, to: state.shape.parameterCount, by: Self.piece) {
        let range = start..<min(start + Self.piece, state.shape.parameterCount)
        if let from { piece.pointer.update(from: from + start, count: range.count) }
        try world.broadcast(UnsafeMutableBufferPointer(start: piece.pointer, count: range.count))
        let mine = range.clamped(to: own)
        guard !mine.isEmpty else { continue }
        (to + mine.lowerBound).update(from: piece.pointer + mine.lowerBound - start, count: mine.count)
      }
    }
  }

  /// Of these messages, so that they meet no others.
  private static let tag = 77
}
