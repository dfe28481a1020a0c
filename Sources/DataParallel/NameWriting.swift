import GPT
import MPI

/// Names of a range of numbers, or those of them that are kept, as they are to be written.
public struct NameBlock: Sendable {
  public var count: Int
  /// Each has a line for each name.
  public var texts: [[UInt8]]

  public init(count: Int, texts: [[UInt8]]) { (self.count, self.texts) = (count, texts) }

  /// Its first `most` names.
  func prefix(_ most: Int) -> NameBlock {
    guard count > most else { return self }
    return NameBlock(
      count: most,
      texts: texts.map { text in
        var (end, lines) = (0, 0)
        while lines < most {
          if text[end] == UInt8(ascii: "\n") { lines += 1 }
          end += 1
        }
        return Array(text[..<end])
      })
  }
}

/// Writes names on all ranks of a group, and hands them to rank 0 in their order.
///
/// Ranks take blocks of names in turn: a name depends on its number alone, so that it does not matter who writes it. Where
/// some are left out the blocks are of one size, so that which names come does not depend on the ranks either.
public struct NameWriting {
  private let group: Communicator
  private let isSelective: Bool
  private let form: (Range<Int>) -> NameBlock
  /// Names of a block, at most: some milliseconds of work, between which ranks look whether they are to stop.
  private let mostOfBlock: Int

  /// Names that are not worth sharing.
  private static let fewest = 1024
  private static let tag = 7131
  /// After so many names in a row, to whole blocks, of which none was kept, no more are looked for.
  public static let mostInVain = 1_000_000

  /// Whether ranks share the work of so many names.
  public static func isShared(_ count: Int, over group: Communicator) -> Bool { group.size > 1 && count > fewest }

  /// Plain names.
  ///
  /// - Parameter generator: the same model, seed and temperature on all ranks.
  public init(_ generator: Generator, over group: Communicator) {
    self.init(of: generator.shape, over: group, isSelective: false) { names in
      NameBlock(count: names.count, texts: [generator.text(of: names)])
    }
  }

  /// - Parameters:
  ///   - isSelective: whether `form` may leave names out.
  ///   - form: writes the names of some numbers; the same on all ranks.
  public init(
    of shape: Shape, over group: Communicator, isSelective: Bool, form: @escaping (Range<Int>) -> NameBlock
  ) {
    (self.group, self.isSelective, self.form) = (group, isSelective, form)
    let width = max(shape.dModel / 64, 1)
    mostOfBlock = 8192 / (width * width)
  }

  /// Collective, where ranks share the work; else rank 0 does it, and the others have nothing to do.
  ///
  /// - Parameters:
  ///   - count: names to write.
  ///   - isOver: whether this rank wants to end before all names are written; asked between blocks.
  ///   - write: on rank 0, in order.
  /// - Returns: on rank 0, where too many names in a row were left out, how many have been written; else nil.
  public func run(_ count: Int, isOver: () throws -> Bool, write: (NameBlock) throws -> Void) throws -> Int? {
    let ranks = Self.isShared(count, over: group) ? group.size : 1
    guard group.rank < ranks else { return nil }
    var missing = count
    var (first, inVain) = (0, 0)
    func take(_ block: NameBlock, of names: Range<Int>) throws {
      inVain = block.count > 0 ? 0 : inVain + names.count
      let kept = block.prefix(missing)
      if kept.count > 0 { try write(kept) }
      missing -= kept.count
    }
    while true {
      let isVain = inVain >= Self.mostInVain
      var mayEnd = try isOver() || isVain
      if ranks > 1 {
        // What is missing, rank 0 alone knows.
        let own = [mayEnd ? 1 : 0, StopSignal.isRequested ? 1 : 0, group.rank == 0 ? missing : 0]
        let all = try group.allReduce(own, .max)
        mayEnd = all[0] != 0
        if all[1] != 0 { StopSignal.note() }
        missing = all[2]
      }
      if missing == 0 { return nil }
      if mayEnd { return isVain ? count - missing : nil }
      let size = isSelective ? mostOfBlock : min(mostOfBlock, (missing + ranks - 1) / ranks)
      let end = isSelective ? Int.max : first + missing
      func names(_ rank: Int) -> Range<Int> {
        let start = min(first + rank * size, end)
        return start..<min(start + size, end)
      }
      let own = form(names(group.rank))
      if group.rank == 0 {
        try take(own, of: names(0))
        for other in 1..<ranks where !names(other).isEmpty {
          try take(try receive(from: other, texts: own.texts.count), of: names(other))
        }
      } else if !names(group.rank).isEmpty {
        try send(own)
      }
      first = names(ranks).lowerBound
    }
  }

  private func send(_ block: NameBlock) throws {
    try group.send(block.count, to: 0, tag: Self.tag)
    for text in block.texts {
      try group.send(text.count, to: 0, tag: Self.tag)
      try group.send(bytes: text, to: 0, tag: Self.tag)
    }
  }

  private func receive(from other: Int, texts: Int) throws -> NameBlock {
    let count = try group.receive(Int.self, from: other, tag: Self.tag)
    return NameBlock(
      count: count,
      texts: try (0..<texts).map { _ in
        let bytes = try group.receive(Int.self, from: other, tag: Self.tag)
        return try group.receive(bytes: bytes, from: other, tag: Self.tag)
      })
  }
}
