import DataParallel
import GPT
import Schemas
import Values

extension ComputePrices {
  /// A step of one core without MPI.
  func singleCore(batch: Int, rows: ShardRows, parameters: Int) -> Double {
    selectionTime(batch: batch) + passTime(rows: rows.whole) + updatePerParameter * Double(parameters)
  }

  func selectionTime(batch: Int) -> Double { selection + selectionPerName * Double(batch) }

  func passTime(rows: Double) -> Double { passes + passesPerRow * rows }

  /// Measures steps of 1, 2, 4, … names, the largest 4 B. Not collective.
  ///
  /// - Parameters:
  ///   - seconds: of all of them together.
  ///   - isStopped: whether to make an end before.
  public static func measure(
    shape: Shape, batch: Int, engine: EngineOptions, names: NameTable, seconds: Double,
    isStopped: () throws -> Bool, progress: (Turns.Progress) -> Void
  ) throws -> ComputePrices {
    var sizes = [1]
    while let last = sizes.last, last < 4 * batch { sizes.append(2 * last) }
    let baselines = try sizes.map { size in
      try TimedTraining(TimedCase(shape: shape, batch: size, engine: engine).settings, names: names)
    }
    try Turns(seconds: seconds).run(isStopped: isStopped, progress: progress) {
      for baseline in baselines { try baseline.turn() }
    }
    let selection = baselines.map { (x: Double($0.settings.batch), time: Sample($0.phases[.selection]).median) }
    let passes = baselines.map { (x: $0.phases.rows.mean, time: Sample($0.phases.passes).median) }
    let uncertainty = baselines.map(\.rounds.uncertainty).max()
    let adam = Sample(baselines.map { Sample($0.phases[.adam]).median }).median
    let (selectionFixed, selectionSlope) = line(selection)
    let (passesFixed, passesSlope) = line(passes)
    return ComputePrices {
      ($0.selection, $0.selectionPerName) = (selectionFixed, selectionSlope)
      ($0.passes, $0.passesPerRow) = (passesFixed, passesSlope)
      $0.updatePerParameter = adam / Double(shape.parameterCount)
      $0.uncertainty = uncertainty
    }
  }

  /// Through the points, by least squares of the relative errors.
  private static func line(_ points: [(x: Double, time: Double)]) -> (Double, Double) {
    leastSquaresToOne(points.filter { $0.time > 0 }.map { (1 / $0.time, $0.x / $0.time) })
  }
}
