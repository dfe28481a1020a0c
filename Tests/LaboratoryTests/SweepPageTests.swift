import Files
import Foundation
import Schemas
import TestSupport
import Testing

@testable import Laboratory

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Page of a sweep")
struct SweepPageTests {
  private func page(_ file: SweepFile) throws -> (html: String, folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    let destination = try SweepPage.folder(
      "--report", folder.path("page"), waiting: Waiting(isToStop: { false }, say: { _ in }))
    try SweepPage.write(file, to: destination, gnuplot: try Gnuplot.require())
    return (try folder.text("page/index.html"), folder)
  }

  private func drawings(in html: String) -> [String] {
    html.matches(of: /<svg[\s\S]*?<\/svg>/).map { String($0.output) }
  }

  /// A sweep that nobody ran; trials at a rate of 0.024 diverge.
  static func sweep(
    widths: [Int] = [16, 32], batches: [Int] = [16, 64, 256], rates: [Double] = [0.003, 0.006, 0.012, 0.024],
    seeds: Int = 1
  ) -> SweepFile {
    SweepFile { file in
      (file.ranks, file.ranksPerTrial, file.wallSeconds, file.utilisation, file.target) = (2, 1, 12, 0.97, 2.1)
      (file.machine.cpu, file.machine.isa) = ("Synthetic(R) CPU", "AVX-512")
      for c in widths {
        for batch in batches {
          for rate in rates {
            for seed in 1...seeds { file.trials.append(trial(c: c, batch: batch, rate: rate, seed: seed)) }
          }
        }
      }
    }
  }

  private static func trial(c: Int, batch: Int, rate: Double, seed: Int) -> TrialRecord {
    TrialRecord {
      ($0.c, $0.heads, $0.batch, $0.learningRate, $0.steps, $0.ranks) = (c, 4, batch, rate, 1000, 1)
      ($0.beta2, $0.seed, $0.seconds) = (0.99, seed, Double(c * batch) / 4000)
      $0.outcome = rate == 0.024 ? "diverged" : "finished"
      guard rate < 0.024 else { return }
      let rateLoss = pow(log(rate / 0.0005 / sqrt(Double(batch))), 2) * 0.02
      let loss = 2.0 + 2 / Double(c) + 0.5 / sqrt(Double(batch)) + rateLoss + 0.001 * Double(seed)
      ($0.trainingLoss, $0.heldOutLoss) = (loss, loss + 0.05)
      $0.curve = (0..<32).map { loss + 1 / Double(1 + $0) }
    }
  }

  @Test("every figure is drawn by gnuplot, as XML, with the machine's plain name")
  func figures() throws {
    let file = Self.sweep()
    let (html, folder) = try page(file)
    let drawings = drawings(in: html)
    let figures = SweepPage.figures(file)
    let names = ["training-loss", "held-out-loss", "loss-curves", "map-c16", "map-c32", "best-rates"]
    #expect(figures.map(\.name) == names && drawings.count == names.count)
    for (figure, drawing) in zip(figures, drawings) {
      #expect(XMLParser(data: Data(drawing.utf8)).parse(), "\(figure.name)")
      #expect(drawing.contains("<title id=\"\(figure.name)-title\">\(figure.title)</title>"))
      #expect(drawing.contains("Synthetic CPU, AVX-512"), "\(figure.name) does not name the machine")
    }
    #expect(try folder.text("page/figures/training-loss.gp").contains("eemicrogpt, one M5 core"))
    #expect(try folder.text("page/figures/map-c16.gp").contains("nothing finished"))
    #expect(html.contains("No trial finished at a cross."))
  }

  @Test("what was found, the tables, and what did not finish")
  func tables() throws {
    let (html, folder) = try page(Self.sweep())
    #expect(html.contains("18 of 24 trials finished") && html.contains("diverged: 6 trials."))
    #expect(html.contains("The best by held-out loss") && html.contains("The fastest to a training loss below 2.10"))
    #expect(html.contains("Trials that did not finish") && !html.contains("Over the seeds"))
    #expect(try folder.text("page/sweep.csv").split(separator: "\r\n").count == 25)
  }

  @Test("the spread over seeds")
  func seeds() throws {
    var file = Self.sweep(seeds: 3)
    // One of three seeds of the best setting.
    let best = try #require(file.bestByHeldOutLoss(most: 1).first)
    let index = try #require(file.trials.firstIndex(of: best))
    file.trials[index].outcome = "out_of_time"
    let spreads = SeedSpread.severalSeeds(file.trials)
    #expect(spreads.count == 18 && zip(spreads, spreads.dropFirst()).allSatisfy { $0.mean <= $1.mean })
    #expect(spreads.allSatisfy { $0.seeds == 3 && $0.least < $0.mean && $0.mean < $0.greatest })
    let (html, _) = try page(file)
    #expect(html.contains("Over the seeds, the best by the mean") && html.contains("2 of 3"))
    #expect(html.contains(", seed 2: held out"))
  }

  @Test(
    "one width, one batch or one rate draws what there is",
    arguments: [
      (sweep(widths: [16]), ["training-loss", "held-out-loss", "loss-curves", "map-c16", "best-rates"]),
      (sweep(batches: [64]), ["training-loss", "held-out-loss", "loss-curves"]),
      (sweep(rates: [0.006]), ["training-loss", "held-out-loss", "loss-curves"]),
      (sweep(widths: [16], batches: [64], rates: [0.006]), ["loss-curves"]),
      (sweep(widths: [16], batches: [64], rates: [0.024]), []),
    ])
  func few(_ file: SweepFile, _ names: [String]) throws {
    #expect(SweepPage.figures(file).map(\.name) == names)
    let html = try page(file).html
    #expect(drawings(in: html).count == names.count && html.contains("\(file.trials.filter(\.isFinished).count) of "))
  }

  @Test("as many rates as a map takes, and a random search")
  func many() throws {
    let rates = (0..<16).map { 0.0005 * pow(1.2, Double($0)) }
    #expect(drawings(in: try page(Self.sweep(rates: rates)).html).count == 6)
    var random = Self.sweep(widths: [16], batches: Array(20..<40), rates: [0.004])
    for index in random.trials.indices { random.trials[index].learningRate *= 1 + Double(index) / 40 }
    #expect(SweepPage.figures(random).map(\.name) == ["training-loss", "held-out-loss", "loss-curves"])
  }

  @Test("a sweep of which nothing finished has a page without figures, which says why")
  func nothing() throws {
    var file = Self.sweep()
    for index in file.trials.indices {
      (file.trials[index].outcome, file.trials[index].reason) = ("failed", "the host is gone")
    }
    let (html, _) = try page(file)
    #expect(!html.contains("<svg") && html.contains("0 of 24 trials finished"))
    #expect(html.contains("There is no loss to draw.") && html.contains("the host is gone"))
    #expect(html.contains("No trial reached a training loss below 2.10."))
  }

  @Test("trials that went wild, and numbers that are not finite, leave the others to be seen")
  func wild() throws {
    var file = Self.sweep()
    file.target = 3
    (file.trials[0].trainingLoss, file.trials[0].heldOutLoss) = (1e12, 1e12)
    (file.trials[1].heldOutLoss, file.trials[1].seconds) = (.infinity, .nan)
    file.trials[2].curve[3] = .nan
    let (html, folder) = try page(file)
    #expect(drawings(in: html).count == 6 && html.contains("1 trial lies above what is shown."))
    // The target is within the axis.
    let script = try folder.text("page/figures/training-loss.gp")
    let range = try #require(script.firstMatch(of: /set yrange \[([0-9.]+):([0-9.]+)\]/)).output
    #expect((Double(range.1) ?? 9) < 2.2 && (3.0...3.1).contains(Double(range.2) ?? 0))
  }

  @Test("names that are not ours stay text, in the page and in gnuplot")
  func hostile() throws {
    var file = Self.sweep()
    let marker = try TemporaryFolder()
    let name = "<script>'\"&`touch \(marker.path("ran"))`$(x)\u{1}\n</svg>-<\u{301}b {/:Bold x}_y"
    (file.machine.cpu, file.machine.isa, file.machine.engine, file.machine.version) = (name, name, name, name)
    (file.machine.date, file.machine.command, file.machine.dataHash) = (name, name, name)
    for index in file.trials.indices {
      (file.trials[index].schedule, file.trials[index].reason) = (name, name)
    }
    let (html, _) = try page(file)
    #expect(!html.contains("<script") && !html.contains("<\u{301}") && html.contains("&lt;script&gt;&#39;&quot;"))
    let drawings = drawings(in: html)
    #expect(drawings.count == 6)
    for drawing in drawings { #expect(XMLParser(data: Data(drawing.utf8)).parse()) }
    #expect(!FileManager.default.fileExists(atPath: marker.path("ran")))
  }

  @Test("the best of other settings counts, as the mean over its seeds")
  func cells() {
    var trials = Self.sweep(widths: [16], batches: [64], rates: [0.006], seeds: 2).trials
    let other = Self.sweep(widths: [16], batches: [64], rates: [0.006], seeds: 2).trials.map { trial in
      var trial = trial
      (trial.schedule, trial.heldOutLoss) = ("cosine", trial.seed == 1 ? 1.5 : 2.0)
      return trial
    }
    trials += other
    #expect(RateCell.cells(trials).map(\.loss) == [1.75])
  }

  @Test("the front is of those that none outdoes")
  func front() {
    let front = LossFront.front([(3, 2.0), (1, 2.2), (2, 2.3), (2, 2.1), (4, 2.0)])
    #expect(front.map(\.seconds) == [1, 2, 3] && front.map(\.loss) == [2.2, 2.1, 2.0])
  }
}
