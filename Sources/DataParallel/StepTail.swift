/// Three floats behind a gradient that carry `StepTotals` through a sum over ranks, so that they need no message of
/// their own.
///
/// The loss travels in two of them, multiples of 1/16 and the remainder: sums of the first are exact up to 2²⁰ nats,
/// so that adding ranks up costs none of the digits that comparisons between runs need.
enum StepTail {
  static let count = 3

  static func write(_ totals: StepTotals, to tail: UnsafeMutablePointer<Float>) {
    let coarse = (totals.lossSum * 16).rounded() / 16
    tail[0] = Float(coarse)
    tail[1] = Float(totals.lossSum - coarse)
    tail[2] = Float(totals.requests.number)
  }

  /// The sums of what all ranks wrote.
  static func read(_ tail: UnsafePointer<Float>) -> StepTotals {
    StepTotals(
      lossSum: Double(tail[0]) + Double(tail[1]), requests: StepRequests(sum: Double(tail[2])))
  }
}
