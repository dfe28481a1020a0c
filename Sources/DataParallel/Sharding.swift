/// Which names of a sorted global batch a rank computes.
///
/// Contiguous pieces, so that names that begin alike stay on one rank; sizes differ by at most one. With more
/// ranks than names some ranks get none.
///
/// - Parameters:
///   - batch: B.
///   - rank: 0..<ranks.
/// - Returns: slots of the sorted batch; together the ranks' ranges cover 0..<B once.
public func shard(batch: Int, rank: Int, ranks: Int) -> Range<Int> {
  let (size, larger) = batch.quotientAndRemainder(dividingBy: ranks)
  let start = rank * size + min(rank, larger)
  return start..<start + size + (rank < larger ? 1 : 0)
}
