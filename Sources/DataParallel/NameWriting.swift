import GPT
import MPI

/// Writes names on all ranks of a group, and hands them to rank 0 in their order.
///
/// Ranks take blocks of names in turn: a name depends on its number alone, so that it does not matter who writes it.
public struct NameWriting {
  private let group: Communicator
  private let generator: Generator

  /// Names of a block, at most: some milliseconds of work, between which ranks look whether they are to stop.
  private var mostOfBlock: Int {
    let width = max(generator.shape.dModel / 64, 1)
    return 8192 / (width * width)
  }
  /// Names that are not worth sharing.
  private static let fewest = 1024
  private static let tag = 7131

  /// Whether ranks share the work of so many names.
  public static func isShared(_ count: Int, over group: Communicator) -> Bool { group.size > 1 && count > fewest }

  /// - Parameter generator: the same model, seed and temperature on all ranks.
  public init(_ generator: Generator, over group: Communicator) { (self.generator, self.group) = (generator, group) }

  /// Collective, where ranks share the work; else rank 0 does it, and the others have nothing to do.
  ///
  /// - Parameters:
  ///   - isOver: whether this rank wants to end before all names are written; asked between blocks.
  ///   - write: on rank 0, in order: names, each with a line feed after it.
  public func run(_ count: Int, isOver: () throws -> Bool, write: ([UInt8]) throws -> Void) throws {
    let ranks = Self.isShared(count, over: group) ? group.size : 1
    guard group.rank < ranks else { return }
    // As many for each rank, to the last round.
    let rounds = max((count + ranks * mostOfBlock - 1) / (ranks * mostOfBlock), 1)
    let block = (count + ranks * rounds - 1) / (ranks * rounds)
    func names(_ round: Int, _ rank: Int) -> Range<Int> {
      let first = min((round * ranks + rank) * block, count)
      return first..<min(first + block, count)
    }
    var round = 0
    while !names(round, 0).isEmpty {
      var mayEnd = try isOver()
      if ranks > 1 {
        let all = try group.allReduce([mayEnd ? 1 : 0, StopSignal.isRequested ? 1 : 0], .max)
        mayEnd = all[0] != 0
        if all[1] != 0 { StopSignal.note() }
      }
      if mayEnd { return }
      let own = generator.text(of: names(round, group.rank))
      if group.rank == 0 {
        try write(own)
        for other in 1..<ranks where !names(round, other).isEmpty {
          let bytes = try group.receive(Int.self, from: other, tag: Self.tag)
          try write(group.receive(bytes: bytes, from: other, tag: Self.tag))
        }
      } else if !own.isEmpty {
        try group.send(own.count, to: 0, tag: Self.tag)
        try group.send(bytes: own, to: 0, tag: Self.tag)
      }
      round += 1
    }
  }
}
