import Chain
import DataParallel
import Schemas
import Values

/// What became of a segment that was replayed.
struct SegmentResult: Codable {
  let fromStep, toStep: Int
  /// Nil where all bits came out again.
  var parted: PartedBits?
}

extension ChainReplay {
  /// Whether a segment's bits come out again; where they do not, from which step on, if the metrics have links.
  ///
  /// - Parameter metrics: of the run; read where bits part.
  /// - Throws: `Stopped`, and what is wrong with files. A training that fails is a result.
  func verify(_ segment: KeptChain.Segment, metrics: String?) throws -> SegmentResult {
    var result = SegmentResult(fromStep: segment.fromStep, toStep: segment.to.step)
    let expected = segment.to.link?.tensors ?? []
    // Nothing is the same before it has been compared: a training may end before the segment does.
    var tensors = expected.map(\.name)
    let failure = try replayed(segment) { step, roots in
      if step == segment.to.step { tensors = expected.differences(from: roots) }
      return true
    }
    guard failure != nil || !tensors.isEmpty else { return result }
    result.parted = PartedBits {
      ($0.fromStep, $0.toStep, $0.tensors, $0.note) = (segment.fromStep, segment.to.step, tensors, failure)
    }
    guard let metrics else { return result }
    try narrow(&result, segment, MetricsLinks(path: metrics))
    return result
  }

  /// - Returns: why the training failed; nil where it did not.
  private func replayed(
    _ segment: KeptChain.Segment, isWanted: @escaping (Int) -> Bool = { _ in false },
    onRoots: @escaping (Int, [TensorRoot]) throws -> Bool
  ) throws -> String? {
    do {
      try run(segment, isWanted: isWanted, onRoots: onRoots)
      return nil
    } catch let failure as JobFailure {
      return failure.description
    }
  }

  /// Finds the first of the metrics' links whose bits do not come out again.
  private func narrow(_ result: inout SegmentResult, _ segment: KeptChain.Segment, _ metrics: MetricsLinks) throws {
    var (same, other): (Int, Int?) = (segment.fromStep, nil)
    var tensors: [String] = []
    _ = try replayed(segment, isWanted: metrics.has) { step, roots in
      guard let expected = try metrics.roots(step, of: segment) else { return true }
      tensors = expected.differences(from: roots)
      if tensors.isEmpty { same = step } else { other = step }
      return tensors.isEmpty
    }
    guard let other else {
      result.parted?.note = "the metrics' links all come out again, up to step \(grouped(same))"
      return
    }
    result.parted = PartedBits {
      ($0.fromStep, $0.toStep, $0.tensors) = (same, other, tensors)
      $0.step = same + 1 == other ? other : nil
    }
  }
}
