/// What a rank asks of all ranks behind a step. It travels with the losses, so that all do the same at the same step.
public struct StepRequests: OptionSet, Sendable, Equatable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// To end the run. Any rank may ask.
  public static let stop = StepRequests(rawValue: 1)
  /// To bring a checkpoint together. Only rank 0 asks.
  public static let checkpoint = StepRequests(rawValue: 2)

  /// As a number that ranks add up: one for each that asks to stop, and a half for the checkpoint, which a single rank
  /// asks for. Sums are exact in a float for 2²² ranks.
  var number: Double { (contains(.stop) ? 1 : 0) + (contains(.checkpoint) ? 0.5 : 0) }

  /// What is in the sum of all ranks' numbers.
  init(sum: Double) {
    let whole = sum.rounded(.down)
    self = []
    if whole > 0 { insert(.stop) }
    if whole < sum { insert(.checkpoint) }
  }
}
