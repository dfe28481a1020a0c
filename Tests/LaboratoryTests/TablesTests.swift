import Foundation
import Schemas
import Testing

@testable import Laboratory

@Suite("Tables of a report")
struct TablesTests {
  private static let reports = [
    SyntheticReport.small(), SyntheticReport.large(), SyntheticReport.alone(), SyntheticReport.bothModes(),
  ]

  private func lines(_ report: ScalingReport) -> [String] {
    ScalingTables.text(report).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test("lines are no longer than a wide terminal", arguments: reports.indices)
  func width(index: Int) {
    for line in lines(Self.reports[index]) { #expect(line.count <= 130 && line.last != " ", "\(line)") }
  }

  @Test("numbers stand below the end of their title")
  func aligned() throws {
    let lines = lines(SyntheticReport.small())
    for title in ["µs/step", "speed-up", "Karp–Flatt", "× balance"] {
      let header = try #require(lines.firstIndex { $0.contains("  \(title)  ") || $0.hasSuffix("  \(title)") })
      let end = try #require(lines[header].range(of: title)).upperBound
      let column = lines[header].distance(from: lines[header].startIndex, to: end)
      for row in lines[(header + 1)...].prefix(2) {
        let characters = Array(row)
        try #require(characters.count >= column)
        #expect(characters[column - 1].isNumber, "\(title): \(row)")
        #expect(characters.count == column || characters[column] == " ", "\(title): \(row)")
      }
    }
  }

  @Test("no speed-up without one core's step beside it")
  func baseline() throws {
    for report in Self.reports {
      let headers = lines(report).filter { $0.contains("speed-up  ") }
      #expect(headers.count == report.cases.count)
      for header in headers {
        let baseline = try #require(header.range(of: "one core"))
        #expect(baseline.upperBound < (try #require(header.range(of: "speed-up"))).lowerBound)
      }
    }
  }

  @Test("the barrier's time beside several ranks; a dash where no host has two")
  func barrier() throws {
    var report = SyntheticReport.small()
    func shown() -> [Substring?] {
      let lines = lines(report)
      return lines.indices.filter { lines[$0].hasSuffix("barrier, ns") }.flatMap { header in
        lines[(header + 1)...].prefix(2).map { $0.split(separator: " ").last }
      }
    }
    #expect(shown() == ["254", "254", "254", "254"])
    for index in report.results.indices { report.results[index].barrierNs = nil }
    #expect(shown() == ["–", "–", "–", "–"])
  }

  @Test("COST in words")
  func cost() {
    var cost = SyntheticReport.small().cost[0]
    cost.cost = 2
    #expect(Sentences.cost(cost) == "COST: 2 ranks")
    cost.cost = nil
    cost.upTo = 4
    #expect(Sentences.cost(cost) == "COST: none up to 4")
  }

  @Test("findings: faster, slower, and neither")
  func findings() throws {
    var report = SyntheticReport.small()
    report.results = report.results.filter { $0.c == 64 }
    #expect(
      Sentences.findings(report) == [
        "C = 64, B = 16: 2 ranks (shared) are 1.76 × one core (95 % interval 1.70–1.81), 178 µs a step against 312 µs; "
          + "allreduce: 1.17 ×."
      ])
    func finding(_ speedup: Double) throws -> String {
      var changed = report
      for index in changed.results.indices {
        changed.results[index].speedup = speedup
        changed.results[index].efficiencyLow = speedup * 0.95 / 2
        changed.results[index].efficiencyHigh = speedup * 1.05 / 2
      }
      return try #require(Sentences.findings(changed).first)
    }
    #expect(try finding(0.8).contains("one core is faster than any number of ranks up to 2"))
    #expect(try finding(1.02).contains("no clear difference"))
    #expect(try finding(1.2).contains("are 1.20 × one core"))
  }

  @Test("a late rank in words")
  func late() throws {
    let late = try #require(SyntheticReport.large().late.first)
    #expect(
      Sentences.late(late)
        == "rank 1 on nodeA was late in 12 of 400 steps because it lost its core: the others waited 3.10 ms in all")
  }

  @Test("one rank only: says so, and claims nothing")
  func alone() {
    let text = ScalingTables.text(SyntheticReport.alone())
    #expect(text.contains(ScalingTables.oneRankOnly) && !text.contains("× one core"))
  }
}
