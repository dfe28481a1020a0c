import Files
import Foundation
import Schemas
import TestSupport
import Testing

@testable import Laboratory

/// Lessons that nobody measured: each sentence where it holds, and where it does not.
@Suite("Lesson")
struct LessonTests {
  // MARK: - made up

  private static func bench(_ shares: [(c: Int, share: Double)]) -> BenchFile {
    BenchFile { file in
      (file.isa, file.peakGflops) = ("AVX-512", 200)
      file.results = shares.map { c, share in
        BenchResult {
          ($0.c, $0.heads, $0.batch, $0.engine, $0.nominalShareOfPeak) = (c, 4, 16, "simd", share)
          ($0.usPerStep, $0.usPerStepP10, $0.usPerStepP90) = (Double(c * c) / 16, 1, 2)
          ($0.usPerSample, $0.effectiveShareOfPeak) = (1, share * 0.7)
        }
      }
    }
  }

  private static func ladder(_ factors: [(String, Double)], ranks: Int = 2) -> LadderFile {
    LadderFile { file in
      (file.c, file.heads, file.batch, file.ranks, file.tapeNodes) = (16, 4, 16, ranks, 1000)
      var first = 1.0
      for (index, (key, factor)) in factors.enumerated() {
        first *= index == 0 ? 1 : factor
        let soFar = first
        file.rungs.append(
          RungResult {
            ($0.rung, $0.title, $0.usPerSample) = (key, "rung \(key)", 1000 / soFar)
            ($0.factorOverBefore, $0.factorOverFirst) = (index == 0 ? nil : factor, soFar)
            ($0.namesPerStep, $0.batchesTimed) = (16, 10)
          })
      }
    }
  }

  private static func strategies(allreduce: (Double, Double), shared: Double = 1) -> SynchronisationFile {
    SynchronisationFile { file in
      for (c, step, cost) in [(16, 20.0, allreduce.0), (64, 200, allreduce.1)] {
        for (strategy, own) in [("allreduce", cost), ("shared", shared)] {
          file.results.append(
            SynchronisationResult {
              ($0.c, $0.batch, $0.ranks, $0.strategy) = (c, 16, 2, strategy)
              ($0.usPerStep, $0.syncUs, $0.waitUs, $0.adamUs) = (step, own, 1, 1)
              $0.singleCoreUsPerStep = step
            })
        }
      }
    }
  }

  /// Two ranks whose steps take so many times one core's, by width.
  private static func scaling(_ speedups: [(c: Int, speedup: Double)], strategy: String = "auto") -> ScalingReport {
    ScalingReport { report in
      (report.machine.cpu, report.machine.isa, report.machine.ranks, report.machine.hosts) = (
        "CPU", "AVX-512", 2, ["a", "a"]
      )
      report.results = speedups.map { c, speedup in
        ScalingResult {
          ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.ranks) = (c, 4, 16, 16, 2)
          ($0.strategy, $0.chosen, $0.gradientBytes) = (strategy, strategy == "auto" ? "shared" : "", 100)
          ($0.singleCoreUsPerStep, $0.usPerStep) = (Double(c), Double(c) / speedup)
          ($0.efficiencyLow, $0.efficiencyHigh) = (speedup / 2 - 0.02, speedup / 2 + 0.02)
          ($0.computeUs, $0.waitUs, $0.syncUs, $0.adamUs) = (60, 10, 20, 10)
        }
      }
    }
  }

  private static func race(alone: Double, together: Double?, several: Double?) -> RaceFile {
    RaceFile { file in
      (file.ranks, file.target, file.wallSeconds) = (2, 2, 9)
      func result(ranks: Int, batch: Int, steps: Int, seconds: Double?, use: String = "one training") -> RaceResult {
        RaceResult {
          ($0.c, $0.heads, $0.batch, $0.learningRate, $0.steps, $0.ranks) = (32, 4, batch, 0.01, steps, ranks)
          ($0.secondsToTarget, $0.reached, $0.use, $0.beta2) = (seconds, seconds != nil, use, 0.99)
          ($0.trainingLoss, $0.heldOutLoss) = (1.99, 2.05)
          $0.curve = (0..<32).map { 1.99 + 1 / Double(1 + $0) }
          $0.seeds = [SeedResult { ($0.seed, $0.reached, $0.seconds) = (101, true, seconds ?? 1) }]
        }
      }
      file.race = [
        result(ranks: 1, batch: 128, steps: 2000, seconds: alone),
        result(ranks: 2, batch: 384, steps: 800, seconds: together),
        result(ranks: 2, batch: 128, steps: 1900, seconds: several, use: "several at once"),
      ]
    }
  }

  private static func ceiling() -> CeilingFile {
    CeilingFile { file in
      file.isa = "AVX-512"
      for c in [16, 64] {
        for ranks in [2, 64] {
          file.ceiling.append(
            CeilingResult {
              ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.ranks) = (c, 4, 1024, 1024, ranks)
              ($0.speedupCeiling, $0.expectedSpeedup, $0.lostTo) = (Double(ranks) * 0.8, Double(ranks) * 0.5, "update")
            })
        }
      }
    }
  }

  private static func whole() -> LessonFile {
    LessonFile { file in
      (file.isa, file.ranks) = ("AVX-512", 2)
      file.origin = Origin { ($0.cpu, $0.version, $0.command) = ("A <CPU>", "0.1.0", "ddp-train lesson") }
      file.bench = bench([(16, 0.5), (64, 0.8), (256, 0.9)])
      file.ladder = ladder([
        ("autograd", 1), ("scalar", 20), ("vector", 4), ("padding", 2), ("prefixes", 1.5), ("ranks", 1.3),
      ])
      file.strategies = strategies(allreduce: (15, 30))
      file.scaling = scaling([(16, 1.2), (64, 1.5), (256, 1.8)])
      (file.ceiling, file.race) = (ceiling(), race(alone: 1, together: 0.6, several: 0.9))
      for part in ["bench", "ladder", "strategies", "scaling", "ceiling", "race"] {
        file.parts.append(
          LessonPart { ($0.part, $0.command, $0.budgetSeconds, $0.seconds) = (part, "ddp-train \(part)", 10, 9) })
      }
    }
  }

  // MARK: - sentences

  @Test("one core: the small model uses less of the peak, or it does not")
  func oneCore() {
    #expect(
      LessonClaims.oneCore(Self.bench([(16, 0.5), (256, 0.9)])).last?.contains(
        "uses less of the core: 0.50 of its peak at C = 16, 0.90 at C = 256") == true)
    #expect(
      LessonClaims.oneCore(Self.bench([(16, 0.9), (256, 0.9)])).last?.contains("uses the core as well as the large one")
        == true)
    #expect(LessonClaims.oneCore(Self.bench([(16, 0.5)])).count == 1)
    #expect(LessonClaims.oneCore(BenchFile()).isEmpty)
  }

  @Test("ideas: all of one core, the largest, and what leaving work out is worth")
  func ideas() {
    let rungs = [("autograd", 1.0), ("scalar", 20), ("vector", 4), ("padding", 2), ("prefixes", 1.5), ("ranks", 0.8)]
    let claims = LessonClaims.ideas(Self.ladder(rungs))
    #expect(claims[0].contains("240 times as fast") && claims[1] == "The largest single idea: rung scalar, 20.0 times.")
    #expect(
      claims[2].contains("is worth 3.00 times")
        && claims[3] == "2 cores instead of one are worth 0.800 times at C = 16.")
    let none = LessonClaims.ideas(Self.ladder([("autograd", 1), ("padding", 1), ("prefixes", 1)]))
    #expect(none.last?.contains("is worth nothing on this machine") == true)
  }

  @Test("talking: more than there is to win, a part of it, and how it grows")
  func talking() {
    let dear = LessonClaims.talking(Self.strategies(allreduce: (15, 30)))
    #expect(dear[0].contains("75 % of one core's whole step. 2 cores can save 50 %"))
    #expect(dear[0].hasSuffix("the message costs more than all there is to win."))
    #expect(
      dear[1].hasSuffix("the same takes 1.00 µs: 15.0 times less.")
        && dear[2].contains("15 % of one core's step: work grows faster"))
    let cheap = LessonClaims.talking(Self.strategies(allreduce: (5, 100), shared: 5))
    #expect(cheap[0].hasSuffix("so 50 % of what there is to win goes into the message."))
    #expect(cheap[1] == "Memory that all ranks share saves nothing here: 5.00 µs.")
    #expect(cheap[2].contains("the message grows as fast with the width as the work does"))
  }

  @Test(
    "another core pays: at every width, from one on, never, at some, or nobody can tell",
    arguments: [
      ([1.2, 1.5, 1.8], "a second core pays at every width measured"),
      ([0.7, 1.5, 1.8], "a second core pays from C = 64 on"), ([0.7, 0.8, 0.9], "a second core never pays"),
      ([1.5, 0.8, 1.5], "a second core pays at some widths only"),
      ([0.9, 1.01, 1.02], "it cannot be told whether a second core pays"),
    ])
  func cores(speedups: [Double], words: String) {
    let claims = LessonClaims.cores(Self.scaling(Array(zip([16, 64, 256], speedups)).map { (c: $0, speedup: $1) }))
    #expect(
      claims.count == 1 && claims[0].contains("With memory that the ranks share") && claims[0].contains(words),
      "\(claims)")
    #expect(claims[0].hasSuffix("At C = 16 40 % of a rank's step is not forward or backward pass."))
  }

  @Test("loss: sooner together or not; which of one training and several arrives first")
  func loss() {
    let together = LessonClaims.loss(Self.race(alone: 1, together: 0.5, several: 0.9))
    #expect(
      together[1].contains("2.00 times as soon, with batches of 384") && together[1].contains("takes 0.40 of the steps")
    )
    #expect(together[2].hasSuffix("One training on all cores is there sooner."))
    let alone = LessonClaims.loss(Self.race(alone: 1, together: 1.1, several: 0.9))
    #expect(alone[1].hasSuffix("take 1.10 s, no less than one."))
    #expect(alone[2].hasSuffix("That is sooner than one training on all cores."))
    #expect(
      LessonClaims.loss(RaceFile { ($0.ranks, $0.target) = (2, 1) }) == [
        "Nothing reached a training loss of 1.00 on one core."
      ])
  }

  @Test("cost: core-seconds are steps times cores over names")
  func cost() {
    let claims = LessonClaims.cost(Self.scaling([(16, 1.25), (64, 2)]).lessonCosts)
    #expect(
      claims[0] == "A million names at C = 16 take 1.00 core-seconds on one core and 1.60 on 2: 1.60 times as many.")
    #expect(claims[1].hasSuffix("4.00 on 2: no more.") && claims[2].hasPrefix("Time is bought with work"))
    #expect(LessonClaims.cost(Self.scaling([(16, 2)]).lessonCosts).last == "Here time costs nothing.")
  }

  @Test("how far: the ceiling of the most ranks, and the shortest predicted step of the same batch")
  func far() {
    var report = Self.scaling([(16, 1.2)])
    for (ranks, time) in [(2, 10.0), (8, 5), (64, 9), (1024, 1)] {
      report.predictions.append(
        Prediction {
          ($0.c, $0.batch, $0.globalBatch, $0.strategy, $0.ranks) = (16, 16, max(16, ranks), "auto", ranks)
          ($0.usPerStep, $0.singleCoreUsPerStep, $0.efficiency) = (time, 20, 1)
        })
    }
    let claims = LessonClaims.far(Self.ceiling(), report)
    #expect(
      claims[0].contains("64 ranks would be worth 51.2 cores, and 32.0 with") && claims[0].hasSuffix("lost to update."))
    #expect(claims.last?.contains("beyond 8 ranks a step is predicted to get no shorter. It is 4.00 times") == true)
    #expect(LessonClaims.far(nil, nil).isEmpty)
  }

  // MARK: - page

  private func page(_ file: LessonFile) throws -> (html: String, figures: [String]) {
    let folder = try TemporaryFolder()
    let destination = try LessonPage.folder(
      "--report", folder.path("page"), waiting: Waiting(isToStop: { false }, say: { _ in }))
    try LessonPage.write(file, to: destination, gnuplot: try Gnuplot.require())
    let drawn = try FileManager.default.contentsOfDirectory(atPath: folder.path("page/figures"))
    // What is written is read again, and makes the same page.
    let json = try Data(contentsOf: URL(fileURLWithPath: folder.path("page/lesson.json")))
    #expect(LessonPage.text(try LessonFile(json: json)) == LessonPage.text(file))
    return (try folder.text("page/index.html"), drawn.filter { $0.hasSuffix(".svg") }.sorted())
  }

  @Test("every question has its sentences, a figure with title and description, its numbers and its command")
  func everything() throws {
    let (html, figures) = try page(Self.whole())
    #expect(
      figures == [
        "ceiling.svg", "cores.svg", "cost.svg", "ideas.svg", "loss-against-time.svg", "share-of-peak.svg",
        "talking.svg",
      ])
    for name in ["one-core", "ideas", "talking", "cores", "far", "loss", "cost", "gpu"] {
      #expect(html.contains("<h2 id=\"\(name)\">") && html.contains("<a href=\"#\(name)\">"), "\(name)")
    }
    #expect(html.components(separatedBy: "<svg").count == 8)
    for name in figures.map({ $0.dropLast(4) }) {
      #expect(html.contains("role=\"img\" aria-labelledby=\"\(name)-title \(name)-desc\""), "\(name)")
      #expect(html.contains("<title id=\"\(name)-title\">") && html.contains("<desc id=\"\(name)-desc\">"), "\(name)")
    }
    for part in ["bench", "ladder", "bench", "scaling", "ceiling", "race"] {
      #expect(html.contains("<pre>ddp-train \(part)</pre>"), "\(part)")
    }
    #expect(html.contains("A &lt;CPU&gt;") && !html.contains("Produced by GNUPLOT") && !html.contains("Not measured."))
    #expect(!html.contains("src=") && !html.contains("<link") && !html.contains("<script"))
  }

  @Test("a part that failed is said to be missing, with the reason, and the others stay")
  func partial() throws {
    var file = Self.whole()
    (file.race, file.strategies) = (nil, nil)
    file.parts[5].problem = "it ended with 1"
    file.parts[2].problem = "no mpirun & no luck"
    let (html, figures) = try page(file)
    #expect(
      !figures.contains("talking.svg") && !figures.contains("loss-against-time.svg") && figures.contains("cores.svg"))
    #expect(html.contains("<b>Not measured.</b> it ended with 1") && html.contains("no mpirun &amp; no luck"))
    #expect(!html.contains("<a href=\"#talking\">") && !html.contains("<pre>ddp-train race</pre>"))
  }

  @Test("a lesson of nothing has a page as well")
  func nothing() throws {
    let (html, figures) = try page(LessonFile { $0.ranks = 1 })
    #expect(figures.isEmpty && html.components(separatedBy: "<b>Not measured.</b> It was not measured.").count == 8)
  }
}
