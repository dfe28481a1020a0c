import DataParallel
import GPT
import Kernels
import MPI

/// Compares each rung with the rung before: some steps of the same batches from the same parameters. Rungs of one name
/// a step get the batch's names one by one, and their gradients are added up.
public final class LadderCheck {
  private let shape: Shape
  private let batch: Int
  private let names: NameTable
  private var before: (rung: Rung, trace: RungTrace)?
  /// Of each rung but the first.
  public private(set) var differences: [RungDifference] = []

  /// - Parameters:
  ///   - batch: B
  ///   - names: training names.
  public init(shape: Shape, batch: Int, names: NameTable) {
    self.shape = shape
    self.batch = batch
    self.names = names
  }

  /// Runs the next rung's steps on this core.
  ///
  /// - Throws: `LadderError` where it differs from the rung before by more than rounding.
  public func climb(_ rung: Rung) throws {
    let engine = rung.makeEngine(shape: shape, names: batch)
    let training = try TimedTraining(
      TimedCase(shape: shape, batch: batch, engine: rung.options).settings, names: names,
      engine: rung.oneName ? OneNameAtATime(engine) : engine)
    try climb(rung, RungTrace(training))
  }

  /// Takes the next rung's steps from elsewhere.
  func climb(_ rung: Rung, _ trace: RungTrace) throws {
    if let before {
      let difference = RungDifference(trace, before: before.trace, shape: shape)
      try difference.check(rung, after: before.rung, shape: shape)
      differences.append(difference)
    }
    before = (rung, trace)
  }
}

/// What the first steps of a rung came to.
struct RungTrace {
  /// Of each step, the mean over the batch.
  var losses: [Double] = []
  /// (P) each: of the first step, and after the last.
  var gradient: [Float] = []
  var parameters: [Float] = []

  static let steps = 3

  /// Runs the steps. Collective where the training is.
  init(_ timed: TimedTraining) throws {
    for step in 0..<Self.steps {
      losses.append(try timed.training.run(step, measuringWait: false).loss)
      if step == 0 { gradient = try Self.gradient(timed) }
    }
    parameters = Array(timed.training.state.parameters.buffer)
  }

  /// Adam's first moment is (1 − β₁) times the gradient after one step, however gradients were synchronised. A
  /// parameter's moment may be kept on several ranks.
  private static func gradient(_ timed: TimedTraining) throws -> [Float] {
    var moments = [Float](repeating: 0, count: timed.settings.shape.parameterCount)
    var keepers = moments
    for i in timed.ownParameters.joined() {
      moments[i] = timed.training.state.first[i]
      keepers[i] = 1
    }
    if let world = timed.group {
      moments = try world.allReduce(moments, .sum)
      keepers = try world.allReduce(keepers, .sum)
    }
    return zip(moments, keepers).map { $0 / $1 / Float(1 - AdamStep.beta1) }
  }
}

/// How far a rung is from the rung before, on the same batches from the same parameters.
public struct RungDifference: Sendable {
  /// The largest relative difference of a loss.
  public var loss: Double
  /// Of the first step, and of the parameters in the end: the largest ‖difference‖ / ‖value‖ of a tensor.
  public var gradient, parameters: Double

  init(_ trace: RungTrace, before: RungTrace, shape: Shape) {
    loss = zip(trace.losses, before.losses).map { nanAsInfinite(abs($0 - $1) / abs($1)) }.max() ?? .infinity
    func largest(_ values: [Float], _ others: [Float]) -> Double {
      Tensor.allCases.map { tensor in
        relativeDistance(values[shape.range(tensor)], others[shape.range(tensor)])
      }.max() ?? .infinity
    }
    gradient = largest(trace.gradient, before.gradient)
    parameters = largest(trace.parameters, before.parameters)
  }

  /// What rounding alone can come to.
  ///
  /// Two orders of summation differ by about √F roundings in a sum of up to F = 4C terms, in each of some ten layers
  /// of sums, forward and backward.
  ///
  /// Adam moves a parameter by up to the learning rate along its gradient's sign. Where the gradient is smaller than
  /// that error the sign is anybody's, which is so for a share of the parameters about as large as the error itself.
  static func bound(shape: Shape) -> RungDifference {
    let unit = Double(Float.ulpOfOne) / 2
    let rounding = 10 * Double(shape.feedForward).squareRoot() * unit
    let travel = 2 * TimedCase.learningRate * Double(RungTrace.steps)
    return RungDifference(
      loss: rounding, gradient: rounding, parameters: travel / Shape.initialDeviation * rounding.squareRoot())
  }

  private init(loss: Double, gradient: Double, parameters: Double) {
    (self.loss, self.gradient, self.parameters) = (loss, gradient, parameters)
  }

  /// - Throws: `LadderError` where it is more than rounding.
  func check(_ rung: Rung, after before: Rung, shape: Shape) throws {
    let bound = Self.bound(shape: shape)
    for (what, value, limit) in [
      ("loss", loss, bound.loss), ("gradient", gradient, bound.gradient), ("parameters", parameters, bound.parameters),
    ] where !(value <= limit) {
      throw LadderError(rung: rung.title, before: before.title, what: what, difference: value, bound: limit)
    }
  }
}

/// A rung computes something else than the rung before.
public struct LadderError: Error, CustomStringConvertible {
  public var rung, before, what: String
  public var difference, bound: Double

  public var description: String {
    "the rung \"\(rung)\" differs from \"\(before)\" in its \(what) by \(Float(difference)), relatively; rounding "
      + "explains \(Float(bound))"
  }
}

/// ‖values − others‖ / ‖others‖; two tensors of zeros are equal.
private func relativeDistance(_ values: ArraySlice<Float>, _ others: ArraySlice<Float>) -> Double {
  var (difference, norm) = (0.0, 0.0)
  for (value, other) in zip(values, others) {
    difference += (Double(value) - Double(other)) * (Double(value) - Double(other))
    norm += Double(other) * Double(other)
  }
  return difference == 0 ? 0 : nanAsInfinite((difference / norm).squareRoot())
}

private func nanAsInfinite(_ error: Double) -> Double { error.isNaN ? .infinity : error }
