import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  @Suite("--eval-every")
  struct Evaluation {
    private static let run = ["--d-model", "16", "--steps", "50", "--eval", "--reproducible"]

    @Test(
      "every K steps and at the end, beside the records, the same on any ranks; the run's bits stay", arguments: 1...3)
    func every(ranks: Int) throws {
      let plain = try train(.alone, Self.run)
      let metrics = try train(.ranks(ranks), Self.run + ["--eval-every", "20", "--log-every", "15"])
      #expect(metrics.records.map(\.step) == [15, 20, 30, 40, 45, 50])
      let evaluated = metrics.records.filter { $0.heldOut != nil }
      #expect(evaluated.map(\.step) == [20, 40, 50])
      #expect(metrics.final.parametersHash == plain.final.parametersHash)
      #expect(metrics.records.map(\.loss) == metrics.records.map { plain.losses[$0.step - 1] })
      let final = try #require(metrics.final.heldOut)
      #expect(final.loss == evaluated.last?.heldOut && final.names == 3203)
      let expected = try #require(plain.final.heldOut)
      #expect(abs(final.loss - expected.loss) < 1e-9 * expected.loss)
      let losses = evaluated.compactMap(\.heldOut)
      #expect(losses == losses.sorted(by: >) && Set(losses).count == 3, "a model that learns: \(losses)")
    }

    @Test("no step's time holds an evaluation, nor do the elapsed seconds", arguments: 1...2)
    func outside(ranks: Int) throws {
      // An evaluation takes as long as hundreds of such steps.
      let metrics = try train(.ranks(ranks), ["--d-model", "16", "--steps", "24", "--eval", "--eval-every", "2"])
      func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
      let times = { (due: Bool) in
        median(metrics.records.filter { ($0.heldOut != nil) == due }.map(\.microsecondsPerStep))
      }
      #expect(times(true) < 5 * times(false), "\(times(true)) and \(times(false)) µs")
      var clocks: [Double] = []
      for (before, after) in zip(metrics.records, metrics.records.dropFirst()) where after.heldOut != nil {
        clocks.append(1e6 * (after.elapsedSeconds - before.elapsedSeconds) - after.microsecondsPerStep)
      }
      #expect(clocks.allSatisfy { $0 >= 0 } && median(clocks) < 5 * times(false), "\(clocks.sorted().suffix(5))")
    }

    @Test("progress lines show it")
    func lines() throws {
      let words = ["--d-model", "16", "--steps", "30", "--eval", "--eval-every", "12", "--log-every", "10"]
      let result = try ddpTrain(.ranks(2), words)
      let lines = result.stderr.split(separator: "\n").filter { $0.hasPrefix("step ") }
      #expect(
        lines.map { $0.prefix { $0 != "/" } } == ["step 10", "step 12", "step 20", "step 24", "step 30"], "\(result)")
      #expect(
        lines.map { $0.contains("held out 3.") || $0.contains("held out 2.") } == [false, true, false, true, true])
    }

    @Test("a run that is resumed has each value once, and the same")
    func resumed() throws {
      let folder = try RunFolder()
      let words = ["--steps", "60", "--reproducible", "--eval", "--eval-every", "10", "--checkpoint-every", "25"]
      let whole = try folder.train(2, words)
      try folder.remove(60)
      // A writer that is busy delays a checkpoint.
      let last = try #require(folder.steps.last)
      let again = try folder.train(1, words + ["--resume"])
      #expect(again.final.resumedFrom == last)
      let values = [whole, again].map { $0.records.filter { $0.heldOut != nil } }
      #expect(values[0].map(\.step) == Array(stride(from: 10, through: 60, by: 10)))
      #expect(values[1].map(\.step) == values[0].map(\.step))
      for (one, other) in zip(values[0], values[1]) {
        let (one, other) = (try #require(one.heldOut), try #require(other.heldOut))
        // Summed over other ranks.
        #expect(abs(one - other) < 1e-9 * one)
      }
      let other = try folder.train(1, words + ["--resume", "--eval-every", "7"])
      #expect(other.records.filter { $0.heldOut != nil }.count == 6)
    }
  }
}
