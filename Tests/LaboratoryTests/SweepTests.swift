import DataParallel
import GPT
import Schemas
import TestSupport
import Testing

@testable import Laboratory

@Suite("sweeps")
struct SweepTests {
  private func shape(_ width: Int = 16) throws -> Shape { try Shape(dModel: width, heads: 4) }

  private func grid() throws -> TrialGrid {
    TrialGrid(
      shapes: [try shape(), try shape(32)], batches: [16, 64, 256], learningRates: [0.001, 0.03],
      lengths: [.steps(100), .steps(4000)])
  }

  @Test("a grid has every combination once, its seeds next to each other")
  func everyCombination() throws {
    var grid = try grid()
    (grid.seeds, grid.schedules, grid.batchRamps) = ([5, 6], [.linear, .cosine], [0, 2])
    let all = grid.all
    #expect(all.count == 2 * 3 * 2 * 2 * 2 * 2 * 2 && grid.count == all.count)
    #expect(Set(all).count == all.count)
    for pair in stride(from: 0, to: all.count, by: 2) {
      var second = all[pair + 1]
      #expect((all[pair].trial.seed, second.trial.seed) == (5, 6))
      second.trial.seed = 5
      #expect(second == all[pair])
    }
  }

  @Test("trials at random: the same for the same seed, more of them begin with the same, all within their bounds")
  func random() throws {
    var grid = try grid()
    grid.batchRamps = [2]
    let some = grid.random(50, seed: 7)
    #expect(some == grid.random(50, seed: 7) && Array(grid.random(80, seed: 7).prefix(50)) == some)
    #expect(some != grid.random(50, seed: 8))
    for planned in some {
      let trial = planned.trial(nil)
      #expect((0.001...0.03).contains(trial.learningRate) && (100...4000).contains(trial.steps))
      #expect((16...256).contains(trial.batch) && trial.batch.isMultiple(of: 4), "\(trial)")
    }
    // Log-uniform: half of the rates lie below the geometric mean of the bounds.
    let low = some.filter { $0.trial.learningRate < 0.00548 }.count
    #expect((15...35).contains(low), "\(low)")
    #expect(Set(some.map(\.trial.shape)).count == 2)
  }

  @Test("a length in names or seconds becomes steps")
  func lengths() throws {
    let trial = Trial(shape: try shape(), batch: 64, steps: 1, learningRate: 0.01)
    let calibration = try Calibration([
      CalibrationRecord { ($0.c, $0.heads, $0.batch, $0.usPerStep) = (16, 4, 64, 50) },
      CalibrationRecord { ($0.c, $0.heads, $0.batch, $0.usPerStep) = (16, 4, 32, 30) },
    ])
    func steps(_ trial: Trial, _ length: TrialLength) -> Int {
      PlannedTrial(trial: trial, length: length).trial(calibration).steps
    }
    #expect(steps(trial, .names(450_000)) == 7031 && steps(trial, .names(1)) == 1)
    #expect(steps(trial, .seconds(2)) == 40_000)
    var growing = trial
    growing.batchRamp = 1
    #expect(steps(growing, .seconds(2)) == 50_000)
    growing.batchRamp = 2
    #expect(calibration.microseconds(of: growing) == nil)
    // Between measured batches a step is on the line between them.
    var between = trial
    between.batch = 40
    #expect(calibration.microseconds(of: between) == nil)
    let whole = try Calibration(
      [(32, 30.0), (48, 40.0)].map { batch, time in
        CalibrationRecord { ($0.c, $0.heads, $0.batch, $0.usPerStep) = (16, 4, batch, time) }
      })
    #expect(whole.microseconds(of: between) == 35)
    let batches = (1...100).map { Calibration.neighbours($0) }
    #expect(batches.enumerated().allSatisfy { $1.below <= $0 + 1 && $0 + 1 <= $1.above && $1.above <= 2 * $1.below })
    #expect(Set(batches.map(\.above)) == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128])
  }

  @Test("the longest trial comes first, of equal ones the first of the plan")
  func longestFirst() throws {
    let trials = try [(16, 100), (32, 100), (16, 400), (16, 100)].enumerated().map { index, size in
      var trial = Trial(shape: try shape(size.0), batch: 16, steps: size.1, learningRate: 0.01)
      trial.seed = UInt64(index)
      return trial
    }
    let queue = FullQueue(trials, nil)
    var order: [UInt64] = []
    while let trial = queue.next() {
      order.append(trial.seed)
      #expect(queue.doneShare < 1)
      queue.finished(trial.record, of: trial)
    }
    #expect(order == [2, 1, 0, 3] && queue.isDone && abs(queue.doneShare - 1) < 1e-12)
  }

  // MARK: - halving

  /// Plays a halving sweep in which a trial's held-out loss is what `loss` says, with `ranks` trials under way.
  private func played(
    _ trials: [Trial], recorded: [Trial: TrialRecord] = [:], ranks: Int, loss: (Trial) -> Double?
  ) -> (trained: [Trial], last: [Trial: TrialRecord]) {
    var last: [Trial: TrialRecord] = [:]
    let queue = HalvingQueue(
      trials, HalvingScheme(keep: 3, stretch: 2, rungs: 3), nil, recorded: recorded, onRung: { last[$1] = $0 })
    var trained: [Trial] = []
    var running: [Trial] = []
    while !queue.isDone {
      while running.count < ranks, let trial = queue.next() { running.append(trial) }
      // The last one that began ends first.
      guard let trial = running.popLast() else { break }
      trained.append(trial)
      var record = trial.record
      record.heldOutLoss = loss(trial)
      queue.finished(record, of: trial)
    }
    return (trained, last)
  }

  @Test(
    "halving: each rung is a short training of its own, and the order of ends decides nothing", arguments: [1, 2, 5])
  func halving(ranks: Int) throws {
    let trials = try (0..<10).map { index in
      Trial(shape: try shape(), batch: 16, steps: 400, learningRate: 0.001 * Double(1 + index))
    }
    let (trained, last) = played(trials, ranks: ranks) { abs($0.learningRate - 0.0062) + 2 }
    let byLength = Dictionary(grouping: trained, by: \.steps).mapValues { Set($0.map(\.learningRate)) }
    #expect(Set(byLength.keys) == [100, 200, 400])
    #expect(byLength[100]?.count == 10)
    #expect(byLength[200] == [0.006, 0.007, 0.005, 0.001 * 8] || byLength[200]?.count == 4)
    #expect(byLength[400]?.count == 2 && byLength[400]?.contains(0.006) == true)
    #expect(last.count == 10 && last.values.filter { $0.rung == 2 }.count == 2)
    // What is recorded is not trained again.
    let half = trained.prefix(6)
    let recorded = Dictionary(
      uniqueKeysWithValues: half.map { trial in
        var record = trial.record
        record.heldOutLoss = abs(trial.learningRate - 0.0062) + 2
        return (trial, record)
      })
    let again = played(trials, recorded: recorded, ranks: ranks) { abs($0.learningRate - 0.0062) + 2 }
    #expect(again.trained.count == trained.count - 6 && again.last == last)
  }

  @Test("halving: a setting goes on by the mean of its seeds, and not where one of them failed")
  func seeds() throws {
    let trials = try (0..<3).flatMap { index in
      try [UInt64(1), 2].map { seed in
        var trial = Trial(shape: try shape(), batch: 16, steps: 40, learningRate: 0.001 * Double(1 + index))
        trial.seed = seed
        return trial
      }
    }
    // The first is best with one seed and fails with the other; the second is better by the mean.
    let (trained, _) = played(trials, ranks: 1) { trial in
      switch (trial.learningRate, trial.seed) {
      case (0.001, 1): 1
      case (0.001, _): nil
      case (0.002, let seed): seed == 1 ? 2.4 : 2.0
      default: 2.3
      }
    }
    #expect(Set(trained.filter { $0.steps == 40 }.map(\.learningRate)) == [0.002])
  }

  // MARK: - the results file

  private func lines(_ records: [any FileRecord]) throws -> [UInt8] {
    Array(try records.map { try JSONTree($0).line + "\n" }.joined().utf8)
  }

  @Test("a results file is read up to its last whole line, and a line that is none of its is named")
  func results() throws {
    let trial = Trial(shape: try shape(), batch: 16, steps: 10, learningRate: 0.01)
    let whole = try lines([
      SweepHeader(),
      CalibrationRecord {
        $0.c = 16; $0.heads = 4; $0.batch = 8; $0.usPerStep = 3
      }, trial.record,
    ])
    for cut in [0, 1, 20] {
      let read = try SweepRecords(whole + Array(repeating: UInt8(ascii: "{"), count: cut), source: "r.jsonl")
      #expect(read.wholeBytes == whole.count && read.trials.count == 1 && read.calibration.count == 1)
      #expect(try read.byTrial.keys.first == trial)
    }
    #expect(try SweepRecords([], source: "r.jsonl").header == nil)
    var foreign = trial.record
    foreign.c = 17
    for (bytes, line) in [
      (try lines([trial.record]), 1), (try lines([SweepHeader(), SweepHeader()]), 2),
      (try lines([SweepHeader(), foreign]), 2), (whole + Array("nonsense\n".utf8), 4),
    ] {
      #expect {
        try SweepRecords(bytes, source: "r.jsonl")
      } throws: {
        "\($0)".contains("r.jsonl:\(line):")
      }
    }
  }

  @Test("a loss curve has the mean of each part, also of runs shorter than its parts", arguments: [1, 3, 32, 33, 1000])
  func curve(steps: Int) {
    var curve = LossCurve(steps: steps, parts: 32)
    for step in 0..<steps { curve.add(Double(step)) }
    #expect(curve.means.count == min(32, steps))
    #expect(curve.means == curve.means.sorted() && curve.means.first ?? -1 >= 0)
    #expect((curve.means.last ?? 0) <= Double(steps - 1))
  }
}
