import DataParallel
import GPT

/// How long a trial trains.
public enum TrialLength: Sendable, Hashable {
  case steps(Int)
  /// Names in all its batches together.
  case names(Int)
  /// Seconds of steps on one core, which a calibration turns into steps.
  case seconds(Double)
}

/// What is to be tried: every combination of a few values, or some at random.
public struct TrialGrid: Sendable {
  public var shapes: [Shape]
  public var batches: [Int]
  public var learningRates: [Double]
  public var lengths: [TrialLength]
  public var schedules = [LearningRateSchedule.linear]
  public var warmUps = [0]
  public var beta2s = [0.99]
  public var batchRamps = [0]
  public var averages = [0.0]
  public var seeds: [UInt64] = [1]

  public init(shapes: [Shape], batches: [Int], learningRates: [Double], lengths: [TrialLength]) {
    (self.shapes, self.batches, self.learningRates, self.lengths) = (shapes, batches, learningRates, lengths)
  }

  /// Every combination. Seeds differ first, then the rates: trials that are compared stand together.
  public var all: [PlannedTrial] {
    var planned: [PlannedTrial] = []
    for shape in shapes {
      for batch in batches {
        for length in lengths {
          for schedule in schedules {
            for warmUp in warmUps {
              for beta2 in beta2s {
                for batchRamp in batchRamps {
                  for average in averages {
                    for rate in learningRates {
                      var trial = Trial(shape: shape, batch: batch, steps: 1, learningRate: rate)
                      (trial.schedule, trial.warmUp, trial.beta2) = (schedule, warmUp, beta2)
                      (trial.batchRamp, trial.average) = (batchRamp, average)
                      planned += seeded(PlannedTrial(trial: trial, length: length))
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    return planned
  }

  /// How many `all` are.
  public var count: Int {
    [
      shapes.count, batches.count, lengths.count, schedules.count, warmUps.count, beta2s.count, batchRamps.count,
      averages.count, learningRates.count, seeds.count,
    ].reduce(1) { product, count in
      let (result, overflows) = product.multipliedReportingOverflow(by: count)
      return overflows ? .max : result
    }
  }

  /// Some at random: batch, rate and length are log-uniform from the least to the greatest of their values, everything
  /// else is one of its values.
  ///
  /// - Parameters:
  ///   - count: trials, apart from their seeds.
  ///   - seed: the same seed gives the same trials.
  public func random(_ count: Int, seed: UInt64) -> [PlannedTrial] {
    let random = CounterRandom(seed: seed, stream: .search)
    return (0..<count).flatMap { index in
      // A stretch of the random numbers for each trial: more trials leave the first ones as they are.
      var counter = UInt64(index) << 8
      func draw() -> Double {
        counter += 1
        return random.uniform(counter)
      }
      func one<Value>(of values: [Value]) -> Value { values[Int(draw() * Double(values.count))] }
      func between(_ values: [Double]) -> Double {
        let share = draw()
        guard let low = values.min(), let high = values.max(), low < high else { return values[0] }
        return threeDigits(low * powerOf(high / low, share))
      }
      var trial = Trial(shape: one(of: shapes), batch: 1, steps: 1, learningRate: between(learningRates))
      trial.batchRamp = one(of: batchRamps)
      // A batch that doubles K times must be a multiple of 2ᴷ.
      let grain = 1 << trial.batchRamp
      trial.batch = max(Int(between(batches.map(Double.init))) / grain, 1) * grain
      (trial.schedule, trial.warmUp) = (one(of: schedules), one(of: warmUps))
      (trial.beta2, trial.average) = (one(of: beta2s), one(of: averages))
      return seeded(PlannedTrial(trial: trial, length: length(between)))
    }
  }

  /// Lengths are all of one kind.
  private func length(_ between: ([Double]) -> Double) -> TrialLength {
    switch lengths[0] {
    case .steps:
      .steps(Int(between(lengths.map { if case .steps(let steps) = $0 { Double(steps) } else { 1 } })))
    case .names:
      .names(Int(between(lengths.map { if case .names(let names) = $0 { Double(names) } else { 1 } })))
    case .seconds:
      .seconds(between(lengths.map { if case .seconds(let seconds) = $0 { seconds } else { 1 } }))
    }
  }

  private func seeded(_ planned: PlannedTrial) -> [PlannedTrial] {
    seeds.map { seed in
      var planned = planned
      planned.trial.seed = seed
      return planned
    }
  }
}

/// A trial whose number of steps may not be known yet.
public struct PlannedTrial: Sendable, Hashable {
  /// Its steps do not count.
  public var trial: Trial
  public var length: TrialLength

  /// The trial, with its steps.
  ///
  /// - Parameter calibration: nil where no length is in seconds.
  public func trial(_ calibration: Calibration?) -> Trial {
    var whole = trial
    switch length {
    case .steps(let steps): whole.steps = steps
    case .names(let names): whole.steps = max(names / trial.batch, 1)
    case .seconds(let seconds):
      whole.steps = max(Int(seconds * 1e6 / (calibration?.microseconds(of: trial) ?? 1)), 1)
    }
    return whole
  }
}

/// As people write numbers: 0.00123, 45,600.
func threeDigits(_ value: Double) -> Double {
  guard value > 0, value.isFinite else { return value }
  var scale = 1.0
  while value * scale < 100 { scale *= 10 }
  while value * scale >= 1000 { scale /= 10 }
  return (value * scale).rounded() / scale
}
