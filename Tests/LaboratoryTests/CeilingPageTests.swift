import Foundation
import Schemas
import TestSupport
import Testing

@testable import Laboratory

/// A step of four ranks that nobody measured: 400 µs where one core takes 1,000. The ceiling was played when one core took
/// half as long, so that its times count twice: selection 10, passes 300, update 20, 330 µs in all.
@Suite("A measurement beside its ceiling")
struct CeilingPageTests {
  private static let parts: [(part: StepPart, ceiling: Double, words: String)] = [
    (.selection, 10, "choosing the batch"), (.passes, 300, "the slowest rank’s passes"),
    (.wait, 0, "waiting at the barrier"), (.synchronisation, 0, "synchronisation"),
    (.update, 20, "the slowest rank’s update"),
  ]

  /// - Parameter lost: µs that a part takes beyond the ceiling's; all of 70 where the parts are to be the step.
  private func result(speedup: Double = 2.5, lost: [StepPart: Double] = [.wait: 70]) -> ScalingResult {
    func time(_ part: StepPart) -> Double {
      (Self.parts.first { $0.part == part }?.ceiling ?? 0) + (lost[part] ?? 0)
    }
    return ScalingResult {
      ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.ranks) = (64, 4, 256, 256, 4)
      ($0.strategy, $0.chosen, $0.gradientBytes) = ("auto", "shared", 214_528)
      ($0.singleCoreUsPerStep, $0.usPerStep) = (1000, 1000 / speedup)
      ($0.efficiencyLow, $0.efficiencyHigh) = (0.98 * speedup / 4, 1.02 * speedup / 4)
      ($0.selectionUs, $0.slowestPassesUs, $0.barrierWaitUs) = (time(.selection), time(.passes), time(.wait))
      ($0.slowestUpdateUs, $0.otherSyncUs, $0.busyCoreSpeed) = (time(.update), time(.synchronisation), 1)
    }
  }

  private let ceiling = CeilingResult {
    ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.ranks) = (64, 4, 256, 256, 4)
    ($0.singleCoreUs, $0.selectionUs, $0.computeMaxUs, $0.updateMaxUs) = (500, 5, 150, 10)
    ($0.speedupCeiling, $0.flopBound, $0.expectedSpeedup) = (500.0 / 165, 3.5, 2.8)
  }

  private func row(_ result: ScalingResult, predicted: Prediction? = nil) -> BesideCeiling {
    BesideCeiling(result, ceiling, predicted: predicted)
  }

  private func sentence(_ result: ScalingResult) throws -> String {
    try #require(CeilingSentences.sentence(row(result)))
  }

  @Test("the ceiling's times are of the machine's speed in the measurement")
  func scaled() throws {
    let row = row(result(), predicted: Prediction { ($0.ranks, $0.efficiency) = (4, 0.75) })
    #expect(abs(row.ceilingUs - 330) < 1e-9 && abs(row.expectedUs - 1000 / 2.8) < 1e-9)
    for (part, ceiling, _) in Self.parts {
      let times = try #require(row.times(of: part))
      #expect(times.ceiling == ceiling && times.measured == ceiling + (part == .wait ? 70 : 0), "\(part)")
    }
    #expect(row.restUs == 0 && row.predictedSpeedup == 3)
  }

  @Test("the part with most above the ceiling's is to blame", arguments: parts.indices)
  func blame(index: Int) throws {
    let (part, ceiling, words) = Self.parts[index]
    var lost = Dictionary(uniqueKeysWithValues: Self.parts.map { ($0.part, 3.0) })
    lost[part] = 58
    let result = result(lost: lost)
    #expect(row(result).lostTo == part.rawValue)
    let times = "\(Int(ceiling) + 58)"
    let sentence = try sentence(result)
    #expect(sentence.contains("most is \(words), \(times)"), "\(sentence)")
  }

  @Test("below what is expected, as expected, at the ceiling and above it")
  func verdicts() throws {
    #expect(
      try sentence(result())
        == "4 ranks (auto (shared)): 2.50 × one core (95 % interval 2.45–2.55), 0.82 of the ceiling of 3.03 and 0.89 of "
        + "the 2.80 expected. A step takes 400 µs instead of 330 µs; the part that exceeds the ceiling’s most is waiting "
        + "at the barrier, 70.0 µs instead of 0 µs.")
    // Its interval ends at 2.81.
    #expect(try sentence(result(speedup: 2.75)).contains("0.91 of the ceiling of 3.03 and as expected (2.80). A step"))
    // At 3.06, and between 3.04 and 3.16.
    #expect(try sentence(result(speedup: 3)).hasSuffix("(95 % interval 2.94–3.06), at the ceiling of 3.03."))
    #expect(
      try sentence(result(speedup: 3.1)).contains("(95 % interval 3.04–3.16), above the ceiling of 3.03: several"))
  }

  @Test("an interval that holds the ceiling, and a median far below it, is told to be too wide")
  func wide() throws {
    var wide = result()
    wide.efficiencyHigh = 0.8
    #expect(
      try sentence(wide).hasSuffix(
        "interval 2.45–3.20), which is too wide to tell it from the ceiling of 3.03: measure longer."))
  }

  @Test("passes on cores that are slower together say so")
  func busyCores() throws {
    var slow = result(lost: [.passes: 70])
    #expect(try !sentence(slow).contains("these cores"))
    slow.busyCoreSpeed = 0.8
    #expect(
      try sentence(slow).hasSuffix(
        "370 µs instead of 300 µs, while all these cores compute at 0.80 of one core’s speed alone."))
    slow = result()
    slow.busyCoreSpeed = 0.8
    #expect(try !sentence(slow).contains("these cores"))
  }

  @Test("what no part has, what no part exceeds, and what a file does not know")
  func unexplained() throws {
    let rest = result(lost: [.wait: 20])
    #expect(row(rest).lostTo == "rest")
    #expect(try sentence(rest).contains("; 50.0 µs of it are in none of the parts that were timed"))
    // Longer by 5 µs, in parts that come from other steps, which were shorter.
    var shorter = result(lost: [.passes: -5])
    (shorter.slowestPassesUs, shorter.usPerStep) = (295, 320)
    #expect(row(shorter).lostTo.isEmpty)
    #expect(try sentence(shorter).hasSuffix("no part of it stands out."))
    var older = result()
    older.barrierWaitUs = nil
    #expect(row(older).restUs == nil)
    #expect(
      try sentence(older).hasSuffix("A step takes 400 µs instead of 330 µs; the file does not say in which part."))
    var nothing = result()
    nothing.speedup = .nan
    #expect(CeilingSentences.sentence(row(nothing)) == nil)
  }

  @Test("two speeds of the machine are told, once for a case")
  func speeds() throws {
    var near = row(result())
    #expect(
      CeilingSentences.all([near, near]).first
        == "One core’s step took 1000 µs here and 500 µs with the ceiling; the ceiling’s times are multiplied by the "
        + "ratio. These are two speeds of the machine: measure both again where nothing else runs.")
    near.ceilingSingleCoreUs = 900
    let all = CeilingSentences.all([near, near])
    #expect(all.count == 3 && all[0].hasSuffix("multiplied by the ratio."))
  }

  // MARK: - The page

  private func page(_ report: ScalingReport) throws -> (html: String, folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    let destination = try ScalingPage.folder(
      "--report", folder.path("page"), hasCeiling: report.ceiling != nil,
      waiting: .init(isToStop: { false }, say: { _ in }))
    try ScalingPage.write(report, to: destination, gnuplot: try Gnuplot.require())
    return (try folder.text("page/index.html"), folder)
  }

  @Test("the page has a figure with all lines, both tables, a sentence for each number of ranks, and a CSV")
  func page() throws {
    let report = SyntheticReport.withCeilings()
    let (html, folder) = try page(report)
    let beside = report.besideCeilings.count
    #expect(html.components(separatedBy: "<h3>Beside the ceiling</h3>").count == report.cases.count + 1)
    #expect(html.components(separatedBy: " × one core (95 % interval").count > beside)
    for what in report.cases {
      let script = try folder.text("page/figures/speed-up-\(what.name).gp")
      for line in ["FLOP bound", "ceiling", "expected"] {
        #expect(script.contains("title '\(line)'"), "\(what.name): \(line)")
      }
      #expect(script.contains("title 'predicted'") == report.predictions.contains { Case($0) == what })
    }
    let csv = try folder.text("page/ceiling.csv").split(separator: "\r\n")
    #expect(csv.count == beside + 1 && csv[0].hasPrefix("c,heads,batch,") && csv[0].hasSuffix(",lost_to"))
    #expect(html.contains("a ceiling takes something for granted") && html.contains("<code>ceiling.csv</code>"))
  }

  @Test("a page made from the JSON beside it is the same page, and text from a file is text")
  func again() throws {
    var report = SyntheticReport.withCeilings()
    let text = "<script>alert(1)</script>\u{1b}[31m"
    report.ceiling?.assumptions = [text]
    report.ceiling?.cpu = report.machine.cpu
    let (html, folder) = try page(report)
    #expect(!html.contains("<script") && !html.contains("\u{1b}"))
    let json = try Data(contentsOf: URL(fileURLWithPath: folder.path("page/scaling.json")))
    #expect(try page(try ScalingReport(json: json)).html == html)
  }

  @Test("what has no ceiling is said; numbers that are not finite leave gaps")
  func gaps() throws {
    var report = SyntheticReport.withCeilings()
    report.ceiling?.ceiling.removeAll { $0.c == 16 && $0.ranks > 4 }
    report.ceiling?.ceiling[3].speedupCeiling = .nan
    report.ceiling?.ceiling[4].singleCoreUs = 0
    let sentence = "C = 16, B = 16, strong scaling: no ceiling for N = 8, 16."
    #expect(report.withoutCeiling == [sentence])
    #expect(try page(report).html.contains("<p>\(sentence)</p>"))
    #expect(CeilingTables.text(report).hasSuffix("\n\(sentence)"))
  }

  @Test("text for the terminal: two tables and the sentences of each case, in lines that fit")
  func text() throws {
    let report = SyntheticReport.withCeilings()
    let lines = CeilingTables.text(report).split(separator: "\n", omittingEmptySubsequences: false)
    for line in lines { #expect(line.count <= 140, "\(line)") }
    #expect(lines.count { $0.contains("of expected") && $0.contains("bound") } == report.cases.count)
    #expect(lines.count { $0.contains("lost to") && $0.contains("synchronisation") } == report.cases.count)
    #expect(CeilingTables.text(SyntheticReport.large()).isEmpty)
  }
}
