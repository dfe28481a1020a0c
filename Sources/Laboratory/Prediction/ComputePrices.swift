import CSIMD
import DataParallel
import GPT
import Schemas

extension ComputePrices {
  /// A step of one core without MPI.
  public func singleCore(batch: Int, rows: ShardRows, parameters: Int) -> Double {
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
    isStopped: () throws -> Bool
  ) throws -> ComputePrices {
    var sizes = [1]
    while let last = sizes.last, last < 4 * batch { sizes.append(2 * last) }
    let baselines = try sizes.map { size in
      let settings = try Settings(
        shape: shape, batch: size, steps: 1 << 20, learningRate: 0.003, seed: 1, engine: engine, evaluate: false)
      return try Baseline(settings, names: names)
    }
    let start = csimd_nanoseconds()
    var round = 0
    repeat {
      for baseline in baselines { try baseline.turn(round * 16..<(round + 1) * 16, warmUp: 4) }
      round += 1
    } while try Double(csimd_nanoseconds() - start) < seconds * 1e9 && !isStopped()
    let selection = baselines.map { (x: Double($0.batch), time: Sample($0.phases[.selection]).median) }
    let passes = baselines.map { (x: $0.phases.rows.mean, time: Sample($0.phases.passes).median) }
    let adam = Sample(baselines.map { Sample($0.phases[.adam]).median }).median
    let (selectionFixed, selectionSlope) = line(selection)
    let (passesFixed, passesSlope) = line(passes)
    return ComputePrices {
      ($0.selection, $0.selectionPerName) = (selectionFixed, selectionSlope)
      ($0.passes, $0.passesPerRow) = (passesFixed, passesSlope)
      $0.updatePerParameter = adam / Double(shape.parameterCount)
    }
  }

  /// Through the points, by least squares of the relative errors.
  private static func line(_ points: [(x: Double, time: Double)]) -> (Double, Double) {
    leastSquaresToOne(points.filter { $0.time > 0 }.map { (1 / $0.time, $0.x / $0.time) })
  }
}
