import Foundation
import Schemas
import Testing

@testable import Laboratory

@Suite("Two results beside each other")
struct ComparisonTests {
  private func read(_ file: some FileFormat) throws -> ResultFile { try ResultFile(json: SchemaJSON.encode(file)) }

  private func compare(_ a: some FileFormat, _ b: some FileFormat) throws -> ComparisonFile {
    try ComparisonFile(("a", try read(a)), ("b", try read(b)))
  }

  /// Steps of 100 µs at each width, ± 10 % but for its median's factor.
  private func bench(_ factor: Double = 1, widths: [Int] = [16, 32], cpu: String = "one") -> BenchFile {
    BenchFile {
      ($0.isa, $0.peakGflops, $0.peakGflopsP10, $0.peakGflopsP90) = ("AVX2", 100, 95, 105)
      $0.origin = Origin {
        ($0.cpu, $0.cpus, $0.version) = (cpu, 2, "1")
        $0.command = "ddp-train bench --d-model 16 --json \(cpu).json"
      }
      $0.results = widths.map { width in
        BenchResult {
          ($0.c, $0.heads, $0.batch, $0.engine) = (width, 4, 16, "simd")
          ($0.usPerStep, $0.ciLow, $0.ciHigh) = (100 * factor, 90 * factor, 110 * factor)
          ($0.nominalShareOfPeak, $0.allocationsPerStep) = (1 / factor, 0)
        }
      }
    }
  }

  @Test("equal: every ratio is 1, nothing is marked and nothing differs")
  func equal() throws {
    let found = try compare(bench(), bench())
    #expect(found.command == "bench" && found.differences.isEmpty && found.onlyInA.isEmpty && found.onlyInB.isEmpty)
    #expect(found.figures.first?.row == "core" && found.figures.first?.figure == "peak_gflops")
    #expect(found.figures.contains { $0.row == "C 16, H 4, B 16, simd" && $0.figure == "us_per_step" })
    #expect(found.figures.allSatisfy { $0.ratio == 1 || $0.a.isNaN || $0.a == 0 })
    #expect(found.beyondNoise.isEmpty)
  }

  @Test("shifted beyond the spread, or within it", arguments: [(1.5, true), (0.7, true), (1.15, false), (0.87, false)])
  func shifted(factor: Double, isMarked: Bool) throws {
    let found = try compare(bench(), bench(factor))
    let steps = found.figures.filter { $0.figure == "us_per_step" }
    #expect(steps.count == 2)
    for step in steps {
      #expect(abs((step.ratio ?? 0) - factor) < 1e-12 && step.intervalOf == "median")
      #expect((step.ratioLow ?? .nan) < factor && factor < (step.ratioHigh ?? .nan))
      #expect(step.isMoreThanNoise == isMarked)
    }
    // Without a spread there is a ratio, and no judgement.
    let share = try #require(found.figures.first { $0.figure == "nominal_share_of_peak" })
    #expect(abs((share.ratio ?? 0) * factor - 1) < 1e-12 && share.isMoreThanNoise == nil && share.ratioLow == nil)
    #expect(found.beyondNoise.count == (isMarked ? 2 : 0))
  }

  @Test("95 % intervals of medians and what changes between runs, and efficiencies beside them")
  func scaling() throws {
    func report(_ factor: Double) -> ScalingReport {
      ScalingReport { report in
        report.machine.ranks = 2
        report.results = [
          ScalingResult {
            ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.ranks, $0.gradientBytes) = (16, 4, 16, 16, 2, 1)
            ($0.usPerStep, $0.ciLow, $0.ciHigh) = (10 * factor, 9.9 * factor, 10.1 * factor)
            ($0.singleCoreUsPerStep, $0.singleCoreCiLow, $0.singleCoreCiHigh) = (15, 14.9, 15.1)
          }
        ]
      }
    }
    let marked = try compare(report(1), report(1.03)).beyondNoise
    #expect(marked.map(\.figure) == ["us_per_step"] && marked.map(\.intervalOf) == ["median"])
    // Medians that are known well are still of two runs.
    #expect(try compare(report(1), report(1.02)).beyondNoise.isEmpty)
  }

  @Test("trials that differ in their seed are runs of one thing; four are too few")
  func seeds() throws {
    func sweep(_ losses: [Double]) -> SweepFile {
      SweepFile { file in
        (file.ranks, file.ranksPerTrial) = (1, 1)
        file.trials = losses.enumerated().map { seed, loss in
          TrialRecord {
            ($0.c, $0.heads, $0.batch, $0.learningRate, $0.steps, $0.beta2) = (16, 4, 16, 0.01, 10, 0.99)
            ($0.seed, $0.trainingLoss, $0.heldOutLoss, $0.seconds) = (seed, loss, loss, 1)
          }
        }
      }
    }
    let losses = [2.0, 2.01, 2.02, 2.03, 2.04]
    let found = try compare(sweep(losses), sweep(losses.map { $0 + 0.1 }))
    let loss = try #require(found.figures.first { $0.figure == "training_loss" })
    #expect(loss.a == 2.02 && loss.isMoreThanNoise == true && loss.intervalOf == "seeds")
    #expect(try compare(sweep(losses), sweep(losses.map { $0 + 0.01 })).beyondNoise.isEmpty)
    let few = try compare(sweep(Array(losses.prefix(4))), sweep([3, 3.1, 3.2, 3.3]))
    #expect(few.figures.allSatisfy { $0.isMoreThanNoise == nil })
  }

  @Test("order statistics: the narrowest pair that holds the median in 9 of 10 cases")
  func orderStatistics() {
    #expect(Estimate(runs: [3, 1, 2, 5, 4]).interval == 1...5)
    #expect(Estimate(runs: [3, 1, 2, 4]).interval == nil && Estimate(runs: [3, 1, 2, 4]).value == 2.5)
    #expect(Estimate(runs: []).value.isNaN)
    // 1 − 2 P(X ≤ 5) = 0.959 of 20, and with 6 it is 0.885.
    #expect(Estimate(runs: (1...20).map(Double.init)).interval == 6...15)
    let many = Estimate(runs: (1...4000).map(Double.init)).interval
    #expect(many == 1947...2054)
  }

  @Test("a ratio's interval: halves on logarithms are added as squares")
  func ratio() throws {
    let (e, d) = (exp(0.1), exp(-0.1))
    let ratio = try #require(
      Estimate(2, low: 2 * d, high: 2 * e).ratio(over: Estimate(1, low: d, high: e)))
    #expect(ratio.value == 2)
    let interval = try #require(ratio.interval)
    #expect(abs(log(interval.upperBound / 2) - 0.1 * 2.0.squareRoot()) < 1e-12)
    #expect(abs(log(interval.lowerBound / 2) + 0.1 * 2.0.squareRoot()) < 1e-12)
    // An exact figure adds nothing.
    let exact = Estimate(2, low: 2 * d, high: 2 * e).ratio(over: Estimate(1, low: 1, high: 1))
    #expect(abs((exact?.interval?.upperBound ?? 0) - 2 * e) < 1e-12)
    #expect(Estimate(2, low: 1, high: 3).ratio(over: Estimate(0, low: 0, high: 1)) == nil)
    #expect(Estimate(2, low: 1, high: 3).ratio(over: Estimate(1, low: 0, high: 1))?.interval == nil)
    #expect(Estimate(.infinity, low: 1, high: 3).ratio(over: Estimate(1, low: 1, high: 1)) == nil)
    #expect(Estimate(1, low: .nan, high: 3).interval == nil && Estimate(5, low: 1, high: 3).interval == 1...5)
  }

  @Test("what one file has alone, and where the two come from")
  func differences() throws {
    let found = try compare(bench(), bench(widths: [32, 64], cpu: "other"))
    #expect(found.onlyInA == ["C 16, H 4, B 16, simd"] && found.onlyInB == ["C 64, H 4, B 16, simd"])
    // The names of their own outputs are no difference.
    #expect(found.differences == [OriginDifference { ($0.what, $0.a, $0.b) = ("cpu", "one", "other") }])
    var old = bench()
    old.origin = nil
    let unknown = try compare(old, bench()).differences
    #expect(unknown.map(\.what) == ["cpu", "cpus", "version", "options"] && unknown.allSatisfy { $0.a == nil })
  }

  @Test(
    "options of a command line",
    arguments: [
      ("mpirun -np 2 ddp-train scaling --json x --csv=y --seconds 1", "scaling --seconds 1"),
      ("ddp-train bench --report page", "bench"), ("", ""),
    ])
  func options(command: String, options: String) {
    #expect(OriginDifference.options(command) == options)
  }

  @Test("what cannot be compared")
  func refused() throws {
    let message = "a is of bench and b of ladder: compare takes two results of one command"
    let ladder = LadderFile { ($0.c, $0.heads, $0.batch, $0.ranks) = (16, 4, 16, 1) }
    #expect(throws: ReportError.doesNotFit(message)) { try compare(bench(), ladder) }
    #expect(throws: ReportError.self) { try compare(bench(widths: [16, 16]), bench()) }
    var (one, other) = (bench(widths: [16]), bench(widths: [32]))
    (one.peakGflops, other.peakGflops) = (100, 100)
    #expect(try compare(one, other).figures.map(\.row) == ["core"])
  }
}
