import Files
import Foundation
import Schemas
import TestSupport
import Testing

@testable import Laboratory

@Suite("Page of a sweep")
struct SweepPageTests {
  private func page(_ file: SweepFile) throws -> (html: String, folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    let destination = try SweepPage.folder(
      "--report", folder.path("page"), waiting: Waiting(isToStop: { false }, say: { _ in }))
    try SweepPage.write(file, to: destination, gnuplot: try Gnuplot.require())
    return (try folder.text("page/index.html"), folder)
  }

  /// Two widths, three batches, four rates; the last of them diverges.
  static func sweep() -> SweepFile {
    SweepFile { file in
      (file.ranks, file.ranksPerTrial, file.wallSeconds, file.utilisation, file.target) = (2, 1, 12, 0.97, 2.1)
      (file.machine.cpu, file.machine.isa) = ("Synthetic CPU", "AVX-512")
      for c in [16, 32] {
        for batch in [16, 64, 256] {
          for rate in [0.003, 0.006, 0.012, 0.024] {
            let rateLoss = pow(log(rate / 0.0005 / sqrt(Double(batch))), 2) * 0.02
            file.trials.append(
              TrialRecord {
                ($0.c, $0.heads, $0.batch, $0.learningRate, $0.steps, $0.ranks) = (c, 4, batch, rate, 1000, 1)
                $0.seconds = Double(c * batch) / 4000
                $0.outcome = rate == 0.024 ? "diverged" : "finished"
                guard rate < 0.024 else { return }
                $0.trainingLoss = 2.0 + 2 / Double(c) + 0.5 / sqrt(Double(batch)) + rateLoss
                $0.heldOutLoss = 0.05 + ($0.trainingLoss ?? 0)
                $0.curve = (1...32).map { part in 2 + 1 / Double(part) }
              })
          }
        }
      }
    }
  }

  private func figures(_ html: String) -> [String] {
    html.matches(of: /<figure class="[a-z]+" id="([a-z0-9-]+)">/).map { String($0.1) }
  }

  @Test("a page with both fronts, the seed's points, the target, what the rate does, and the tables")
  func whole() throws {
    let (html, folder) = try page(Self.sweep())
    #expect(
      figures(html) == ["training-loss", "held-out-loss", "map-c16", "map-c32", "best-rates", "loss-curves"],
      "\(figures(html))")
    #expect(html.contains("18 of 24 trials finished"))
    #expect(html.contains("The best by held-out loss") && html.contains("The fastest to a training loss below 2.1"))
    #expect(try folder.text("page/figures/training-loss.gp").contains("eemicrogpt, one M5 core"))
    #expect(try folder.text("page/sweep.csv").split(separator: "\r\n").count == 25)
  }

  @Test("a page of one trial, of one rate and of one batch leaves out what says nothing")
  func few() throws {
    var file = Self.sweep()
    file.trials = [file.trials[0]]
    #expect(try figures(page(file).html) == ["loss-curves"])
    file = Self.sweep()
    file.trials = file.trials.filter { $0.learningRate == 0.006 }
    #expect(try figures(page(file).html) == ["training-loss", "held-out-loss", "loss-curves"])
    file = Self.sweep()
    file.trials = file.trials.filter { $0.batch == 64 }
    #expect(try figures(page(file).html) == ["training-loss", "held-out-loss", "loss-curves"])
  }

  @Test("a sweep of which nothing finished has a page without figures")
  func nothing() throws {
    var file = Self.sweep()
    for index in file.trials.indices { file.trials[index].outcome = "failed" }
    let (html, _) = try page(file)
    #expect(!html.contains("<svg") && html.contains("0 of 24 trials finished"))
  }

  @Test("the front is of those that none outdoes")
  func front() {
    let front = LossFront.front([(3, 2.0), (1, 2.2), (2, 2.3), (2, 2.1), (4, 2.0)])
    #expect(front.map(\.seconds) == [1, 2, 3] && front.map(\.loss) == [2.2, 2.1, 2.0])
  }
}
