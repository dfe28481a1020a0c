import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  @Suite("--noise-scale-every")
  struct NoiseScale {
    private static let run = ["--d-model", "16", "--steps", "40"]

    @Test(
      "changes nothing in the run: the parameters and every loss are those of a run without it",
      arguments: [
        ["--reproducible"], [], ["--batch", "200"], ["--sync", "allreduce"], ["--sync", "factors"],
        ["--average", "0.3", "--eval"],
        ["--engine", "scalar", "--batch", "8", "--steps", "4"],
      ], 1...2)
    func unchanged(options: [String], ranks: Int) throws {
      let plain = try train(.ranks(ranks), Self.run + options)
      let measured = try train(.ranks(ranks), Self.run + options + ["--noise-scale-every", "3"])
      #expect(measured.final.parametersHash == plain.final.parametersHash)
      #expect(measured.losses == plain.losses)
      #expect(plain.noiseScales.isEmpty && !measured.noiseScales.isEmpty)
    }

    @Test("after every K-th step and the last one, beside the records, the same on any ranks", arguments: 1...3)
    func every(ranks: Int) throws {
      let words = Self.run + ["--reproducible", "--noise-scale-every", "15"]
      let metrics = try train(.ranks(ranks), words + ["--log-every", "10"])
      #expect(metrics.records.map(\.step) == [10, 15, 20, 30, 40])
      #expect(metrics.noiseScales.map(\.step) == [15, 30, 40])
      let alone = try train(.alone, words)
      for (one, other) in zip(metrics.noiseScales, alone.noiseScales) {
        // Group by group the bits are the same: what is left is the order of sums in double precision.
        #expect(abs(one.scale / other.scale - 1) < 1e-10 && abs(one.low / other.low - 1) < 1e-10)
        #expect(one.low < one.scale && one.scale < one.high && one.low > 1)
      }
      // It says more than chance: a model that learns has less and less of a gradient.
      let scales = metrics.noiseScales.map(\.scale)
      #expect(scales[0] * 1.5 < scales[2], "\(scales)")
    }

    @Test("without --reproducible ranks differ by rounding alone, before their trainings drift apart")
    func rounding() throws {
      let scales = try [1, 2].map { ranks in
        try train(.ranks(ranks), ["--d-model", "16", "--steps", "2", "--noise-scale-every", "1"]).noiseScales[0].scale
      }
      #expect(abs(scales[0] / scales[1] - 1) < 1e-4, "\(scales)")
    }

    @Test("no step's time holds a measurement, nor do the elapsed seconds", arguments: 1...2)
    func outside(ranks: Int) throws {
      // A measurement takes as long as thousands of such steps. Medians, for a core may be taken away at any time.
      let metrics = try train(.ranks(ranks), ["--d-model", "16", "--steps", "24", "--noise-scale-every", "2"])
      func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
      let due = Set(metrics.noiseScales.map(\.step))
      #expect(due.count == 12)
      let times = { (isDue: Bool) in
        median(metrics.records.filter { due.contains($0.step) == isDue }.map(\.microsecondsPerStep))
      }
      #expect(
        times(false) < 100 * times(true) && times(true) < 100 * times(false), "\(times(true)), \(times(false)) µs")
      var clocks: [Double] = []
      for (before, after) in zip(metrics.records, metrics.records.dropFirst()) where due.contains(after.step) {
        clocks.append(1e6 * (after.elapsedSeconds - before.elapsedSeconds) - after.microsecondsPerStep)
      }
      #expect(median(clocks) < 100 * times(false), "\(clocks.sorted()), \(times(false)) µs")
    }

    @Test("words at the end")
    func words() throws {
      let result = try ddpTrain(
        .ranks(2), Self.run + ["--noise-scale-every", "25", "--generate", "0", "--progress", "never"])
      #expect(result.exitCode == 0, "\(result)")
      let line = result.lines.first { $0.hasPrefix("noise      scale ") }
      let form = /noise      scale [0-9,.]+ names \([0-9,.]+ to [0-9,.]+\) after step 40/
      #expect(line?.wholeMatch(of: form) != nil, "\(result)")
    }

    @Test("a run that is resumed has each value once, and the same; K is kept, and may be another")
    func resumed() throws {
      let folder = try RunFolder()
      let words = ["--steps", "60", "--reproducible", "--noise-scale-every", "10", "--checkpoint-every", "25"]
      let whole = try folder.train(2, words)
      try folder.remove(60)
      let again = try folder.train(1, ["--steps", "60", "--reproducible", "--resume"])
      #expect(whole.noiseScales.map(\.step) == Array(stride(from: 10, through: 60, by: 10)))
      #expect(again.noiseScales.map(\.step) == whole.noiseScales.map(\.step))
      for (one, other) in zip(whole.noiseScales, again.noiseScales) {
        #expect(abs(one.scale / other.scale - 1) < 1e-10)
      }
      #expect(again.final.parametersHash == whole.final.parametersHash)
      try folder.remove(60)
      let other = try folder.train(1, words + ["--resume", "--noise-scale-every", "27"])
      #expect(other.noiseScales.map(\.step).suffix(2) == [54, 60])
    }

    @Test("a request to stop ends a measurement soon, and the run in order", arguments: 1...2)
    func stopped(ranks: Int) throws {
      let folder = try RunFolder()
      // A measurement of minutes, and a step of milliseconds.
      let words = [
        "--d-model", "512", "--batch", "2", "--steps", "1000", "--noise-scale-every", "1", "--generate", "0",
      ]
      var asked = ContinuousClock.now
      let result = try ddpTrain(
        .ranks(ranks), words + ["--checkpoint-dir", folder.path, "--heartbeat", "1"], timeout: .seconds(120)
      ) { job in
        try job.wait(until: "it measures") { job.children.count == ranks && job.handles(SIGTERM, in: job.children[0]) }
        sleep(4)
        asked = .now
        kill(job.children[0], SIGTERM)
      }
      #expect(asked.duration(to: .now) < .seconds(45), "\(result)")
      #expect(result.exitCode == 130, "\(result)")
      // The step before is kept.
      #expect(folder.steps.contains { $0 > 0 && $0 < 1000 }, "\(folder.steps) \(result)")
    }

    @Test("what cannot be measured is refused: one name has no groups")
    func refused() throws {
      let folder = try TemporaryFolder()
      let data = folder.path("one.txt")
      try Data("anna\n".utf8).write(to: URL(fileURLWithPath: data))
      let result = try ddpTrain(.ranks(2), ["--data", data, "--steps", "2", "--noise-scale-every", "1"])
      expectFailure(result, saying: "noise-scale-every needs at least 2 training names, and this data set has one")
    }
  }
}
