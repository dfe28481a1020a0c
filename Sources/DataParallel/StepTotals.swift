/// What a rank adds to a step besides its gradient, and what all ranks get back.
public struct StepTotals: Sendable, Equatable {
  /// Sum of −log p over predictions, in nats: the shard's, or the global batch's.
  public var lossSum: Double
  /// What this rank, or any rank, asks of all after this step.
  public var requests: StepRequests

  public init(lossSum: Double, requests: StepRequests = []) {
    self.lossSum = lossSum
    self.requests = requests
  }
}

/// Three floats after a gradient that carry `StepTotals` through a sum over ranks, so that they need no message of
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

/// What a rank asks of all ranks after a step. It travels with the losses, so that all do the same at the same step.
public struct StepRequests: OptionSet, Sendable, Equatable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// To end the program. Any rank may ask.
  public static let stop = StepRequests(rawValue: 1)
  /// To bring a checkpoint together. Only rank 0 asks.
  public static let checkpoint = StepRequests(rawValue: 2)

  /// To end this training, and no more. Only rank 0 asks.
  public static let end = StepRequests(rawValue: 4)

  /// As a number that ranks add up: one for each that asks to stop, a half for the checkpoint and a quarter for the end,
  /// which a single rank asks for. Sums are exact in a float for 2²² ranks.
  var number: Double {
    (contains(.stop) ? 1 : 0) + (contains(.checkpoint) ? 0.5 : 0) + (contains(.end) ? 0.25 : 0)
  }

  /// What is in the sum of all ranks' numbers.
  init(sum: Double) {
    let whole = sum.rounded(.down)
    let single = sum - whole
    self = []
    if whole > 0 { insert(.stop) }
    if single >= 0.5 { insert(.checkpoint) }
    if single == 0.25 || single == 0.75 { insert(.end) }
  }
}
