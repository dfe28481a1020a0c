import Schemas

/// What a race is about.
public struct Goal: Sendable, Equatable {
  /// The loss that counts.
  public enum Judge: String, CaseIterable, Sendable {
    case training
    case heldOut = "held-out"
  }

  public var target: Double
  public var judge: Judge

  public init(target: Double, judge: Judge = .training) { (self.target, self.judge) = (target, judge) }

  /// Infinite where the trial came to nothing.
  func loss(of record: TrialRecord) -> Double {
    (judge == .training ? record.trainingLoss : record.heldOutLoss) ?? .infinity
  }

  func isReached(by record: TrialRecord) -> Bool { loss(of: record) < target }

  /// The rule of a race: at least four of five.
  static func isReached(by seeds: [SeedResult]) -> Bool {
    !seeds.isEmpty && 5 * seeds.filter(\.reached).count >= 4 * seeds.count
  }
}
