import GPT

/// What became of the steps of a round: of one group, and then of all.
final class RoundLog {
  /// Steps that are in it.
  private(set) var count = 0
  /// What any rank of the group, and then of all groups, asked for meanwhile.
  private(set) var requests: StepRequests = []
  /// (5 K + 1): `sums`, then `maxima`.
  let numbers: AlignedBuffer<Double>
  /// Of this rank alone.
  private var own: [Own] = []
  private let steps: Int

  private struct Own {
    var nanoseconds: Double
    var phases: PhaseTimes?
  }

  /// A step of all groups together.
  struct Entry {
    var outcome: TrainingStep.Outcome
    var nanoseconds: Double
    /// Where they were measured.
    var phases: PhaseTimes?
  }

  /// - Parameter steps: K
  init(steps: Int) {
    self.steps = steps
    numbers = AlignedBuffer(zeros: 5 * steps + 1)
    own.reserveCapacity(steps)
  }

  /// (4 K + 1): of each step, what groups add up; then the requests, as `StepRequests` adds them up.
  var sums: UnsafeMutableBufferPointer<Double> { UnsafeMutableBufferPointer(rebasing: numbers.buffer[...(4 * steps)]) }

  /// (K): of each step, of which the greatest group's counts.
  var maxima: UnsafeMutableBufferPointer<Double> {
    UnsafeMutableBufferPointer(rebasing: numbers.buffer[(4 * steps + 1)...])
  }

  /// A new round begins.
  func clear() {
    (count, requests) = (0, [])
    own.removeAll(keepingCapacity: true)
  }

  /// - Parameters:
  ///   - outcome: of a step of this group.
  ///   - phases: where they were measured.
  func add(_ outcome: TrainingStep.Outcome, nanoseconds: Double, phases: PhaseTimes?) {
    let place = numbers.pointer + 4 * count
    place[0] = outcome.loss * Double(outcome.positions)
    place[1] = Double(outcome.positions)
    place[2] = Double(outcome.rows.whole)
    place[3] = Double(outcome.rows.sum)
    numbers[4 * steps + 1 + count] = Double(outcome.rows.largest)
    requests.formUnion(outcome.requests)
    own.append(Own(nanoseconds: nanoseconds, phases: phases))
    count += 1
  }

  /// The requests take their place among the sums. Of a group whose ranks all know of them one speaks for all.
  func seal() { numbers[4 * steps] = requests.number }

  /// The numbers become those of all groups.
  ///
  /// - Parameter all: (G, 5 K + 1)
  func addUp(_ all: UnsafeMutableBufferPointer<Double>) {
    _ = numbers.buffer.update(fromContentsOf: all[..<numbers.count])
    for start in stride(from: numbers.count, to: all.count, by: numbers.count) {
      for index in 0...(4 * steps) { numbers[index] += all[start + index] }
      for index in (4 * steps + 1)..<numbers.count { numbers[index] = max(numbers[index], all[start + index]) }
    }
  }

  /// The sums are those of all groups now.
  func takeSums() { requests = StepRequests(sum: numbers[4 * steps]) }

  /// Time that a round's exchange took goes to its last step.
  ///
  /// - Parameter inPhases: also to its phases, where they are measured.
  func addToLast(_ exchange: PhaseTimes, inPhases: Bool) {
    own[count - 1].nanoseconds += exchange.total
    if inPhases, let phases = own[count - 1].phases { own[count - 1].phases = phases + exchange }
  }

  /// - Parameter index: of a step of the round.
  subscript(index: Int) -> Entry {
    let place = numbers.pointer + 4 * index
    let rows = RowCounts(whole: Int(place[2]), sum: Int(place[3]), largest: Int(numbers[4 * steps + 1 + index]))
    return Entry(
      outcome: TrainingStep.Outcome(
        loss: place[0] / place[1], positions: Int(place[1]), rows: rows, requests: requests,
        phases: own[index].phases ?? PhaseTimes()),
      nanoseconds: own[index].nanoseconds, phases: own[index].phases)
  }
}
