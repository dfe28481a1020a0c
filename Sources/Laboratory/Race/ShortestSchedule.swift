import DataParallel
import Foundation
import GPT
import Schemas

/// The fewest steps that reach a goal at one batch, by a secant in the logarithm of the steps: the loss falls nearly in a
/// line there.
struct ShortestSchedule {
  private let goal: Goal
  /// ln steps and the mean loss, of those that were tried.
  private var tried: [(x: Double, loss: Double)] = []
  private(set) var steps: Int
  /// The lowest loss that was seen; infinite where every trial came to nothing.
  private(set) var nearest = Double.infinity
  /// Whether the goal is further away than any schedule that is worth trying: what the last trials project.
  private(set) var isHopeless = false

  /// How much more the mean loss must fall than to the target, since seeds differ: by about 0.003.
  static let margin = 0.003
  /// dL / d ln S where nothing else is known.
  static let usualSlope = -0.04
  /// Projected schedules beyond are not worth trying.
  private static let most = 300_000.0
  /// Losses so near to the wanted one are on a line.
  private static let near = 0.02

  init(_ goal: Goal, firstGuess: Int) { (self.goal, steps) = (goal, max(firstGuess, 1)) }

  /// Hears the mean loss of the present number of steps, and proposes another.
  mutating func hear(_ loss: Double) {
    let wanted = goal.target - Self.margin
    let x = log(Double(steps))
    tried.append((x, loss.isFinite ? loss : goal.target + 1))
    nearest = min(nearest, loss)
    // The nearest ones say most about the slope.
    let near = tried.sorted { abs($0.loss - wanted) < abs($1.loss - wanted) }
    var slope = Self.usualSlope
    if near.count > 1, near[0].x != near[1].x {
      slope = min((near[0].loss - near[1].loss) / (near[0].x - near[1].x), Self.usualSlope / 4)
    }
    let next = near[0].x + (wanted - near[0].loss) / slope
    // One trial says nothing about the slope.
    isHopeless = tried.count > 1 && reached == nil && next > log(Self.most)
    // A factor of two at a time: far away the line is none.
    steps = max(Int(exp(min(max(next, x - log(2)), x + log(2))).rounded()), 1)
  }

  /// The steps that reach the goal, on a line through the losses near it: one lucky seed is no schedule. Nil where no
  /// loss came near enough.
  var reached: Int? {
    let wanted = goal.target - Self.margin
    let near = tried.filter { abs($0.loss - wanted) < Self.near }
    guard !near.isEmpty else { return tried.filter { $0.loss < wanted }.map { Int(exp($0.x).rounded()) }.min() }
    let count = Double(near.count)
    let (x, y) = (near.map(\.x).reduce(0, +) / count, near.map(\.loss).reduce(0, +) / count)
    let spread = near.map { ($0.x - x) * ($0.x - x) }.reduce(0, +)
    let slope =
      spread > 1e-4 ? near.map { ($0.x - x) * ($0.loss - y) }.reduce(0, +) / spread : Self.usualSlope
    // A line that hardly falls, or falls from the sky, is made of noise.
    let falling = min(max(slope, 4 * Self.usualSlope), Self.usualSlope / 2)
    return Int(exp(min(max(x + (wanted - y) / falling, x - log(2)), x + log(2))).rounded(.up))
  }
}

extension Hyperbola {
  /// S = S_min (1 + B_noise / B) through the points, by least squares of the relative errors: with a = S_min and
  /// b = S_min B_noise it is a line in 1 / B.
  ///
  /// - Returns: nil for fewer than three points, and where they have no such form.
  init?(_ points: [BatchSteps]) {
    guard points.count >= 3 else { return nil }
    let (a, b) = leastSquaresToOne(points.map { (1 / Double($0.steps), 1 / (Double($0.steps) * Double($0.batch))) })
    guard a > 0, b > 0 else { return nil }
    self.init()
    (sMin, bNoise) = (a, b / a)
  }

  func steps(batch: Int) -> Double { steps(batch: Double(batch)) }

  func steps(batch: Double) -> Double { sMin * (1 + bNoise / batch) }
}
