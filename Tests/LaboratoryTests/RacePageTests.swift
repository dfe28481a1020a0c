import Files
import Foundation
import Schemas
import TestSupport
import Testing

@testable import Laboratory

@Suite("Page of a race")
struct RacePageTests {
  private func page(_ file: RaceFile) throws -> (html: String, figures: [String], csv: String) {
    let folder = try TemporaryFolder()
    let destination = try RacePage.folder(
      "--report", folder.path("page"), waiting: Waiting(isToStop: { false }, say: { _ in }))
    try RacePage.write(file, to: destination, gnuplot: try Gnuplot.require())
    let drawn = try FileManager.default.contentsOfDirectory(atPath: folder.path("page/figures"))
    return (
      try folder.text("page/index.html"), drawn.filter { $0.hasSuffix(".svg") }.sorted(),
      try folder.text("page/race.csv")
    )
  }

  private func result(ranks: Int, batch: Int, seconds: Double?) -> RaceResult {
    RaceResult {
      ($0.c, $0.heads, $0.batch, $0.learningRate, $0.steps, $0.ranks) = (32, 4, batch, 0.012, 1500, ranks)
      ($0.secondsToTarget, $0.reached, $0.ratio, $0.ratioLow, $0.ratioHigh) = (seconds, seconds != nil, 0.5, 0.4, 0.6)
      ($0.trainingLoss, $0.heldOutLoss, $0.beta2) = (1.99, 2.05, 0.99)
      $0.curve = (0..<32).map { 1.99 + 1 / Double(1 + $0) }
      $0.seeds = (101...105).map { seed in
        SeedResult { ($0.seed, $0.seconds, $0.reached) = (seed, seconds ?? 2, seconds != nil) }
      }
    }
  }

  private func race() -> RaceFile {
    RaceFile { file in
      (file.ranks, file.target, file.wallSeconds, file.knobsC, file.budgetSeconds) = (2, 2, 90, 32, 1)
      (file.machine.cpu, file.machine.isa) = ("Synthetic CPU", "AVX-512")
      file.definitions = ["seconds: of all steps"]
      file.reference = result(ranks: 1, batch: 256, seconds: 1.5)
      file.race = [result(ranks: 1, batch: 128, seconds: 1), result(ranks: 2, batch: 384, seconds: 0.6)]
      for (ranks, seconds, isMeasured) in [(1, 1.0, true), (2, 0.6, true), (4, 0.3, false), (8, 0.4, false)] {
        file.timeToTarget.append(
          RaceTime { ($0.ranks, $0.seconds, $0.measured, $0.batch, $0.steps) = (ranks, seconds, isMeasured, 256, 900) })
      }
      for batch in [16, 64, 256] {
        file.stepsToTarget.append(
          BatchSteps { ($0.batch, $0.learningRate, $0.steps) = (batch, 0.01, 500 + 100_000 / batch) })
        for ranks in [1, 2, 4] {
          file.stepTimes.append(
            BatchTime {
              ($0.batch, $0.ranks, $0.usPerStep, $0.measured) = (batch, ranks, Double(4 * batch / ranks), ranks < 4)
              $0.secondsToTarget = Double(500 + 100_000 / batch) * Double(4 * batch / ranks) * 1e-6
            })
        }
      }
      file.hyperbola = Hyperbola { ($0.sMin, $0.bNoise) = (500, 200) }
      file.criticalBatch = CriticalBatch {
        ($0.names, $0.namesLow, $0.namesHigh, $0.predictions) = (200, 150, 270, 1430)
      }
      file.noiseScale = [(100, 0.1, 120), (1000, 1, 5000)].map { step, share, names in
        NoisePoint {
          ($0.step, $0.share, $0.names) = (step, share, names)
          ($0.namesLow, $0.namesHigh) = (names * 0.98, names * 1.02)
        }
      }
      file.rankLimit = RankLimit {
        ($0.ranks, $0.seconds, $0.batch, $0.steps) = (4, 0.3, 256, 900)
        ($0.ceremonyShare, $0.noiseShare, $0.cause) = (0.75, 0.5625, "ceremony")
      }
      file.budget = [
        BudgetResult {
          ($0.c, $0.heads, $0.batch, $0.ranks, $0.steps) = (16, 4, 16, 1, 30_000)
          ($0.learningRate, $0.seconds, $0.trainingLoss) = (0.006, 1, 2.0625)
        }
      ]
    }
  }

  @Test("a page with every figure, the findings first, and a row for each run")
  func whole() throws {
    let (html, figures, csv) = try page(race())
    #expect(
      figures == [
        "loss-against-time.svg", "noise-scale.svg", "steps-against-batch.svg", "time-against-batch.svg",
        "time-against-ranks.svg",
      ])
    for figure in figures { #expect(html.contains("id=\"\(figure.dropLast(4))\""), "\(figure)") }
    #expect(html.contains("On 2 ranks the fastest training takes 0.600 s, 0.50 of the reference run&#39;s time."))
    #expect(
      html.contains("The predicted time falls up to 4 ranks: 0.300 s at batch 256. What ends it is ceremony: 75 %"))
    #expect(html.contains("would take 56 % of the steps."))
    #expect(
      html.contains("The critical batch is 200 names (150 to 270): there a training takes twice the fewest steps."))
    #expect(html.contains("is 120 names (118 to 122) after 100 steps of the fastest training, and 5,000 names (4,900"))
    #expect(html.contains("2.0625") && html.contains("5/5"))
    #expect(csv.split(separator: "\r\n").count == 3)
    let loss = try #require(html.range(of: "id=\"loss-against-time\""))
    let ranks = try #require(html.range(of: "id=\"time-against-ranks\""))
    #expect(loss.lowerBound < ranks.lowerBound)
  }

  @Test("what a race writes is within the limits of what is read, and is the same then")
  func again() throws {
    var file = race()
    file.trainingNames = 28_830
    let written = try SchemaJSON.encode(file)
    #expect(try SchemaJSON.encode(RaceFile(json: written)) == written)
  }

  @Test("what was not measured is left out, and said to be")
  func partial() throws {
    var file = race()
    (file.stepsToTarget, file.stepTimes, file.hyperbola, file.budget) = ([], [], nil, [])
    (file.criticalBatch, file.noiseScale, file.rankLimit) = (nil, nil, nil)
    file.timeToTarget = [file.timeToTarget[0]]
    file.notMeasured = ["steps against batch"]
    let (html, figures, _) = try page(file)
    #expect(figures == ["loss-against-time.svg"])
    #expect(html.contains("Not measured: steps against batch."))
  }

  @Test("a file of before the noise scale has its page as before")
  func older() throws {
    var file = race()
    (file.criticalBatch, file.noiseScale, file.rankLimit, file.trainingNames) = (nil, nil, nil, nil)
    let (html, figures, _) = try page(try SchemaJSON.decode(SchemaJSON.encode(file)))
    #expect(
      figures == [
        "loss-against-time.svg", "steps-against-batch.svg", "time-against-batch.svg", "time-against-ranks.svg",
      ])
    #expect(
      html.contains("The predicted time falls up to 4 ranks: 0.300 s at batch 256.") && !html.contains("ceremony"))
  }

  @Test("a noise scale that is not bounded is said to be above its lower end")
  func unbounded() throws {
    var file = race()
    file.noiseScale = [NoisePoint { ($0.step, $0.share, $0.namesLow) = (500, 0.5, 20_000) }]
    let (html, figures, _) = try page(file)
    #expect(html.contains("The gradient noise scale is above 20,000 names after 500 steps of the fastest training."))
    #expect(!figures.contains("noise-scale.svg"))
  }

  @Test("a race that nothing finished, and an empty one, have a page")
  func nothing() throws {
    var file = race()
    file.race = [result(ranks: 1, batch: 128, seconds: nil)]
    file.timeToTarget = []
    #expect(try page(file).html.contains("not reached"))
    let (html, figures, _) = try page(RaceFile { $0.target = 2 })
    #expect(figures.isEmpty && html.contains("The fastest way to a training loss below 2.00"))
  }

  @Test("text from a file is text on the page")
  func hostile() throws {
    var file = race()
    let text = "<script>alert(1)</script> `touch /tmp/x` 'quote\u{1b}[31m"
    (file.machine.cpu, file.machine.command, file.notMeasured) = (text, text, [text])
    let (html, _, _) = try page(file)
    #expect(!html.contains("<script>") && !html.contains("\u{1b}"))
  }
}
