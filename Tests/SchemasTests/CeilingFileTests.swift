import Foundation
import Schemas
import Testing

/// What `report --ceiling` reads, and whether it fits what it is to stand beside.
@Suite("Ceilings beside results")
struct CeilingFileTests {
  private func report(_ change: (inout ScalingReport) -> Void = { _ in }) -> ScalingReport {
    ScalingReport {
      ($0.machine.isa, $0.machine.cpu, $0.machine.ranks) = ("AVX-512", "a CPU", 4)
      $0.results = [1, 2, 4].map { ranks in
        ScalingResult {
          ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.ranks) = (16, 4, 64, 64, ranks)
          ($0.strategy, $0.gradientBytes) = ("auto", 16768)
        }
      }
      change(&$0)
    }
  }

  private func ceiling(_ change: (inout CeilingFile) -> Void = { _ in }) -> CeilingFile {
    CeilingFile {
      ($0.isa, $0.cpu) = ("AVX-512", "a CPU")
      $0.ceiling = [1, 2, 4, 8].map { ranks in
        CeilingResult { ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.ranks) = (16, 4, 64, 64, ranks) }
      }
      change(&$0)
    }
  }

  @Test("each number of several ranks that has both stands beside its ceiling")
  func beside() throws {
    var report = report()
    try report.add(ceiling { $0.ceiling[1].speedupCeiling = 1.875 })
    #expect(report.besideCeilings.map(\.result.ranks) == [2, 4])
    #expect(report.besideCeilings.map(\.ceiling.ranks) == [2, 4])
    #expect(report.besideCeilings.first?.ceiling.speedupCeiling == 1.875)
  }

  @Test("a report that has taken ceilings in is read again with them, an older one without")
  func roundTrip() throws {
    var report = report()
    try report.add(ceiling())
    let again = try ScalingReport(json: SchemaJSON.encode(report))
    #expect(again.besideCeilings.count == 2)
    #expect(try ScalingReport(json: SchemaJSON.encode(self.report())).ceiling == nil)
    report.ceiling?.ceiling[0].c = 0
    let bad = try SchemaJSON.encode(report)
    #expect(throws: ReportError.notAReport("ceiling[0].c is 0, and must be from 16 to 1024")) {
      try ScalingReport(json: bad)
    }
  }

  private static let unfit: [(change: @Sendable (inout CeilingFile) -> Void, says: String)] = [
    ({ $0.isa = "AVX2" }, #"the ceiling's program was built for "AVX2", that of the results for "AVX-512""#),
    ({ $0.cpu = "b CPU\u{1b}" }, #"the ceiling was measured on "b CPU\u001b", the results on "a CPU""#),
    ({ file in for index in 0..<4 { file.ceiling[index].c = 32 } }, "the ceiling is of C = 32, B = 64, strong, the"),
    (
      { file in for index in 0..<4 { file.ceiling[index].batch = 32 } }, "the ceiling is of C = 16, B = 32, strong, the"
    ),
    (
      { file in for index in 0..<4 { file.ceiling[index].mode = .weak } }, "the ceiling is of C = 16, B = 64, weak, the"
    ),
    ({ file in for index in 0..<4 { file.ceiling[index].heads = 2 } }, "no case has both"),
    ({ file in for index in 0..<4 { file.ceiling[index].globalBatch = 128 } }, "no case has both"),
    ({ $0.ceiling.removeSubrange(1...2) }, "results are of C = 16, B = 64, strong"),
    ({ $0.ceiling.removeSubrange(1...) }, "the ceiling is of nothing on several ranks"),
  ]

  @Test("what says nothing about the results is refused, with the reason", arguments: unfit.indices)
  func refused(index: Int) throws {
    let (change, says) = Self.unfit[index]
    var report = report()
    let error = #expect(throws: ReportError.self) { try report.add(ceiling(change)) }
    let words = error?.description ?? ""
    #expect(words.contains(says) && !words.contains("\n") && !words.hasPrefix("not results"), "\(words)")
  }

  @Test("a ceiling that does not know its CPU is taken")
  func older() throws {
    var report = report()
    try report.add(ceiling { $0.cpu = nil })
    #expect(report.besideCeilings.count == 2)
  }

  @Test("files that are none, or hold what cannot be, are refused by the key")
  func hostile() throws {
    func refusal(_ text: String) -> String {
      let error = #expect(throws: ReportError.self) { try CeilingFile(json: Data(text.utf8)) }
      return error?.description ?? ""
    }
    let text = String(decoding: try SchemaJSON.encode(ceiling()), as: UTF8.self)
    #expect(try CeilingFile(json: Data(text.utf8)).ceiling.count == 4)
    #expect(refusal(String(text.prefix(text.count / 2))) == "not results of ddp-train: not JSON")
    #expect(refusal("{}").contains("is missing"))
    #expect(refusal(text.replacing(#""ranks" : 4"#, with: #""ranks" : 0"#)).contains("ceiling[2].ranks is 0"))
    #expect(refusal(text.replacing("\"strong\"", with: "\"sideways\"")).contains("ceiling[0].mode"))
    #expect(
      refusal(text.replacing(#""ranks" : 4"#, with: #""ranks" : 2"#))
        == "not results of ddp-train: ceiling[2] is of the same case and ranks as an earlier one")
    #expect(
      refusal(String(decoding: try SchemaJSON.encode(ceiling { $0.ceiling = [] }), as: UTF8.self)).contains("empty"))
    #expect(refusal(String(decoding: try SchemaJSON.encode(report()), as: UTF8.self)).contains("is missing"))
    let negative = text.replacing(#""single_core_us" : "nan""#, with: #""single_core_us" : -1"#)
    #expect(refusal(negative).contains("ceiling[0].single_core_us is -1.0"))
  }
}
