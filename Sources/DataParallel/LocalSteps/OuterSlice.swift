import GPT
import Kernels

/// What a group's rank brings of its slice of the model to an exchange between groups, and what it makes of the sums.
///
/// Parameters go as their distance from the outer parameters, which all groups have alike, and Adam's moments as they are;
/// all of it times the positions that the group has predicted in the round, whose sum goes with it: so the result is the mean
/// over predictions, as a loss is, however many names a group has.
final class OuterSlice {
  /// (3 n + 1), n parameters of the slice: distances, first and second moments, and the weight. A sum over groups takes its
  /// place.
  let message: AlignedBuffer<Float>
  private let state: ModelState
  /// In canonical order.
  private let spans: [Range<Int>]
  private let count: Int
  private let update: OuterUpdate
  /// (n): where all groups were when they were last brought together.
  private let outer: AlignedBuffer<Float>
  /// (3 n): parameters and moments as they were sent; empty where nobody trains on meanwhile.
  private let sent: AlignedBuffer<Float>

  /// - Parameter spans: of the model, which this rank updates.
  init(_ local: LocalSteps, state: ModelState, spans: [Range<Int>]) {
    (self.state, self.spans, update) = (state, spans, local.update)
    count = spans.reduce(0) { $0 + $1.count }
    message = AlignedBuffer(zeros: 3 * count + 1)
    outer = AlignedBuffer(zeros: count)
    sent = AlignedBuffer(zeros: local.overlaps ? 3 * count : 0)
  }

  /// The groups have the same parameters now: those of the state.
  func begin() {
    forEachSpan { span, at in
      (outer.pointer + at).update(from: state.parameters.pointer + span.lowerBound, count: span.count)
    }
  }

  /// Leaves this group's part in `message`.
  ///
  /// - Parameter positions: predicted by the group since `begin`, or since it left its part last.
  func leave(positions: Int) {
    let weight = Float(positions)
    forEachSpan { span, at in
      let own = arrays(span)
      weigh(count: span.count, own[0], from: outer.pointer + at, by: weight, into: message.pointer + at)
      for array in 1...2 {
        weigh(count: span.count, own[array], by: weight, into: message.pointer + array * count + at)
      }
      guard sent.count > 0 else { return }
      for array in 0...2 {
        (sent.pointer + array * count + at).update(from: own[array], count: span.count)
      }
    }
    message[3 * count] = weight
  }

  /// Puts the outer parameters, and the groups' mean moments, in the place of this group's.
  ///
  /// - Parameter sums: (3 n + 1), the groups' messages added up.
  func take(_ sums: UnsafePointer<Float>) {
    let weight = sums[3 * count]
    moveOuter(sums, weight)
    forEachSpan { span, at in
      let own = arrays(span)
      own[0].update(from: outer.pointer + at, count: span.count)
      for array in 1...2 { takeMean(count: span.count, own[array], sums: sums + array * count + at, weight: weight) }
    }
  }

  /// The same for a group that has gone on since it left its part: its steps since then stay.
  ///
  /// It moves with the groups' mean, and half way towards it. How far it was from the mean its own steps have partly made good
  /// already: all of it where the loss is steep, nothing where it is flat. A whole step towards the mean would turn the
  /// distance round where it is steep, undamped, and none would let it grow where it is flat; half of one halves it in
  /// both.
  ///
  /// Moments forget what was sent with each step; what is left of it is replaced.
  ///
  /// - Parameters:
  ///   - steps: since it left its part.
  ///   - beta2: β₂
  func takeIn(_ sums: UnsafePointer<Float>, steps: Int, beta2: Double) {
    let weight = sums[3 * count]
    meetHalfway(count: count, sent.pointer, outer: outer.pointer, sums: sums, weight: weight)
    moveOuter(sums, weight)
    let decays = [AdamStep.beta1, beta2].map { Float(power($0, steps)) }
    forEachSpan { span, at in
      let own = arrays(span)
      jump(count: span.count, own[0], to: outer.pointer + at, from: sent.pointer + at)
      for array in 1...2 {
        let place = array * count + at
        Kernels.takeIn(
          count: span.count, own[array], sums: sums + place, weight: weight, sent: sent.pointer + place,
          decay: decays[array - 1])
      }
      // A mean of squares is none below zero, however it was rounded.
      for index in 0..<span.count { own[2][index] = max(own[2][index], 0) }
    }
  }

  private func moveOuter(_ sums: UnsafePointer<Float>, _ weight: Float) {
    switch update {
    case .average: moveToMean(count: count, outer.pointer, sums: sums, weight: weight)
    case .nesterov(let rate, let decay):
      forEachSpan { span, at in
        moveByMomentum(
          count: span.count, outer.pointer + at, momentum: state.outerMomentum.pointer + span.lowerBound,
          sums: sums + at, weight: weight, rate: Float(rate), decay: Float(decay))
      }
    }
  }

  /// Parameters, first and second moments.
  private func arrays(_ span: Range<Int>) -> InlineArray<3, UnsafeMutablePointer<Float>> {
    let arrays = state.arrays
    return [arrays.parameters + span.lowerBound, arrays.first + span.lowerBound, arrays.second + span.lowerBound]
  }

  /// - Parameter body: hears of each span of the model, and where it stands in the slice.
  private func forEachSpan(_ body: (_ span: Range<Int>, _ at: Int) -> Void) {
    var at = 0
    for span in spans {
      body(span, at)
      at += span.count
    }
  }

  /// By repeated multiplication, the same on every machine.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { power, _ in power * base }
  }
}
