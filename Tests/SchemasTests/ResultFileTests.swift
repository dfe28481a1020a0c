import Foundation
import Schemas
import TestSupport
import Testing

@Suite("Results of any command")
struct ResultFileTests {
  @Test(
    "each is known by what it has, those of 0.1.0 too",
    arguments: [
      ("bench", ResultFile.Kind.bench), ("bench-sync", .strategies), ("ladder", .ladder), ("predict", .predict),
      ("scaling", .scaling),
    ])
  func kinds(name: String, kind: ResultFile.Kind) throws {
    let path = PackagePaths.file("Tests/golden/0.1.0/\(name).json")
    #expect(try ResultFile(json: Data(contentsOf: URL(fileURLWithPath: path))).kind == kind)
  }

  @Test("and those that 0.1.0 had not")
  func younger() throws {
    #expect(try ResultFile(json: SchemaJSON.encode(GenerationFile())).kind == .generation)
    let ceiling = CeilingFile {
      $0.ceiling = [
        CeilingResult { ($0.c, $0.heads, $0.batch, $0.globalBatch, $0.ranks, $0.steps) = (16, 4, 8, 8, 1, 1) }
      ]
    }
    #expect(try ResultFile(json: SchemaJSON.encode(ceiling)).kind == .ceiling)
    #expect(try ResultFile(json: SchemaJSON.encode(RaceFile { ($0.ranks, $0.target) = (1, 2) })).kind == .race)
  }

  @Test(
    "what no command wrote, or could have",
    arguments: [
      ("", "not JSON"), ("[]", "the whole is not of type"), ("{}", "it has none of the lists"),
      (#"{"kind": "page"}"#, #"kind is "page", which no command measures"#),
      (#"{"rungs": 3}"#, "isa is missing"),
      (
        #"{"generation": [], "isa": "a\u001b[31m", "format_version": 9}"#,
        "format_version is 9, and must be from 1 to 1"
      ),
    ])
  func foreign(json: String, reason: String) throws {
    do {
      _ = try ResultFile(json: Data(json.utf8))
      Issue.record("\(json) was accepted")
    } catch {
      #expect("\(error)".contains(reason), "\(error)")
    }
  }

  @Test("numbers that cannot be are refused by their names")
  func limits() throws {
    let wide = BenchFile { $0.results = [BenchResult { ($0.c, $0.heads, $0.batch) = (1 << 40, 4, 16) }] }
    #expect(throws: ReportError.notAReport("results[0].c is 1099511627776, and must be from 16 to 1024")) {
      try ResultFile(json: SchemaJSON.encode(wide))
    }
    let negative = BenchFile { $0.peakGflops = -1 }
    #expect(throws: ReportError.self) { try ResultFile(json: SchemaJSON.encode(negative)) }
  }
}
