import GPT
import MPI

/// Where a rank's share of each step's batch comes from: it draws the batch itself, or the ranks of a host draw for each
/// other.
///
/// In a round of N steps each of N ranks draws the batch of one step of the next round, for all of them, an equal part of
/// the work in each step. Between the last look at a share and its replacement lies the exchange of a step, from which no
/// rank returns before all have come to it: no barrier is needed besides.
final class BatchSource {
  private let draft: BatchDraft
  private let rank: Int
  private let shared: SharedBatches?
  /// The steps of the round whose shares are there, in which half they are, and the step asked for last.
  private var round = 0..<0
  private var half = 0
  private var last = -1

  /// - Parameters:
  ///   - rank: whose share.
  ///   - shared: of a host's ranks, which all ask for the same steps; nil for a rank that draws by itself.
  init(_ draft: BatchDraft, rank: Int, shared: SharedBatches?) {
    (self.draft, self.rank, self.shared) = (draft, rank, shared)
  }

  /// Steps that are drawn together; 1 for a rank that draws by itself.
  var roundSteps: Int { shared?.drawing ?? 1 }

  /// This rank's share of a step's batch. Until the next one is asked for.
  func share(of step: Int) -> BatchShare {
    guard let shared else {
      draft.finish(step)
      return draft.share(of: rank)
    }
    let follows = step == last + 1
    last = step
    guard follows, step <= round.upperBound, !round.isEmpty else { return begin(at: step, shared) }
    if step == round.upperBound {
      half = 1 - half
      round = step..<step + shared.drawing
      draft.begin(round.upperBound + (shared.member ?? 0))
    }
    let index = step - round.lowerBound
    if shared.member != nil, draft.advance(to: index + 1, of: round.count) { shared.leave(draft, half: 1 - half) }
    if index + 1 < round.count { shared.prefetch(index + 1, half: half) }
    let share = shared.take(index, half: half)
    precondition(share.facts.step == step, "the share of another step")
    return share
  }

  /// The first step of a run, or one that does not follow the last: nobody has drawn it. All of the next round is drawn
  /// with it.
  private func begin(at step: Int, _ shared: SharedBatches) -> BatchShare {
    round = step..<step + 1
    if let member = shared.member, draft.finish(step + 1 + member) { shared.leave(draft, half: 1 - half) }
    draft.finish(step)
    return draft.share(of: rank)
  }
}
