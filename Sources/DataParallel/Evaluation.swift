import GPT
import MPI

/// The exact mean loss of a set of names: each name counted once, whatever the number of ranks.
///
/// - Parameters:
///   - names: the whole set, the same on every rank.
///   - batch: names an engine takes at a time; between two a rank looks at a stop request.
///   - between: runs then as well.
/// - Returns: the mean of −log p over all predicted positions of all names, in nats; nil, on all ranks, where one has
///   stopped on the way.
func meanLoss(
  of names: NameTable, parameters: UnsafePointer<Float>, engine: any Engine, batch: Int, over world: Communicator,
  between: () throws -> Void
) throws -> Double? {
  let own = shard(batch: names.count, rank: world.rank, ranks: world.size)
  var time = LastWords()
  var isWhole = true
  var sum = 0.0
  try names.names.withUnsafeBufferPointer { all in
    for start in stride(from: own.lowerBound, to: own.upperBound, by: batch) {
      isWhole = !time.areOverSoon()
      guard isWhole else { break }
      try between()
      let piece = UnsafeBufferPointer(rebasing: all[start..<min(start + batch, own.upperBound)])
      sum += engine.forward(piece, parameters: parameters, scale: 0)
    }
  }
  let positions = names.names.reduce(0) { $0 + $1.positions }
  let total = try world.allReduce([sum, isWhole ? 0 : 1], .sum)
  return total[1] == 0 ? total[0] / Double(positions) : nil
}
