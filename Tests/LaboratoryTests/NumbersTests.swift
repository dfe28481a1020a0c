import Foundation
import Schemas
import Testing

@testable import Laboratory

@Suite("JSON and CSV of a report")
struct NumbersTests {
  private func object(_ data: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test("no COST is null")
  func noCost() throws {
    var report = SyntheticReport.small()
    report.cost[0].cost = nil
    let costs = try #require(try object(try SchemaJSON.encode(report))["cost"] as? [[String: Any]])
    #expect(costs[0]["cost"] is NSNull && costs[1]["cost"] as? Int == 2)
    #expect(try ScalingReport(json: SchemaJSON.encode(report)).cost[0].cost == nil)
  }

  @Test("a report survives JSON, numbers that are not finite too")
  func roundTrip() throws {
    var report = SyntheticReport.large()
    report.results[3].efficiencyHigh = .infinity
    report.results[4].loadBalance = .nan
    let once = try SchemaJSON.encode(report)
    let decoded = try ScalingReport(json: once)
    #expect(decoded.results[3].efficiencyHigh == .infinity && decoded.results[4].loadBalance.isNaN)
    #expect(decoded.results[5].usPerStep == report.results[5].usPerStep)
    #expect(try SchemaJSON.encode(decoded) == once)
  }

  @Test(
    "what is no report is said, with the field",
    arguments: [
      ("", "not JSON"), ("{", "not JSON"), ("[]", "the whole is not of type"), ("{}", "machine is missing"),
      (#"{"machine": 5}"#, "machine is not of type"),
    ])
  func refused(text: String, reason: String) {
    let error = #expect(throws: ReportError.self) { try ScalingReport(json: Data(text.utf8)) }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }

  @Test(
    "a wrong field of a result is named as the file has it",
    arguments: [
      (#""ranks" : 2"#, #""ranks" : 0"#, "results[0].ranks is 0"),
      (#""us_per_step""#, #""us_per_stop""#, "results[0].us_per_step is missing"),
      (#""mode" : "strong""#, #""mode" : "string""#, "cost[0].mode"),
    ])
  func wrongField(old: String, new: String, reason: String) throws {
    let text = String(decoding: try SchemaJSON.encode(SyntheticReport.small()), as: UTF8.self)
    // In the machine `ranks` is right whatever it is.
    let results = try #require(text.range(of: #""results""#))
    let whole = reason.hasPrefix("results") ? results.lowerBound : text.startIndex
    let place = try #require(text.range(of: old, range: whole..<text.endIndex))
    let error = #expect(throws: ReportError.self) {
      try ScalingReport(json: Data(text.replacingCharacters(in: place, with: new).utf8))
    }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }

  /// Results as they are in the file. (JSONSerialization rounds numbers once more.)
  private struct Fields: Decodable {
    enum Field: Decodable {
      case text(String)
      case number(Double)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self =
          if let number = try? container.decode(Double.self) { .number(number) } else {
            .text(try container.decode(String.self))
          }
      }
    }

    var results: [[String: Field]]
  }

  @Test("CSV has the JSON's names and values, in lines that end as RFC 4180 says")
  func csv() throws {
    let report = SyntheticReport.large()
    let results = try JSONDecoder().decode(Fields.self, from: try SchemaJSON.encode(report)).results
    let lines = try CSV.encode(report.results).components(separatedBy: "\r\n")
    #expect(lines.count == report.results.count + 2 && lines.last == "")
    let names = lines[0].components(separatedBy: ",")
    #expect(Set(names) == Set(results.last.map { Array($0.keys) } ?? []) && names.count == Set(names).count)
    for (line, result) in zip(lines.dropFirst(), results) {
      let fields = line.components(separatedBy: ",")
      try #require(fields.count == names.count)
      for (name, field) in zip(names, fields) {
        switch result[name] {
        case .text(let text): #expect(field == text, "\(name)")
        case .number(let number): #expect(Double(field) == number, "\(name)")
        case nil: #expect(field == "" && ["barrier_ns", "karp_flatt"].contains(name))
        }
      }
    }
  }

  @Test("CSV quotes what must be quoted")
  func quotes() throws {
    var report = SyntheticReport.small()
    report.results = [report.results[0]]
    report.results[0].strategy = "a,b \"c\"\nd"
    #expect(try CSV.encode(report.results).contains(",strong,\"a,b \"\"c\"\"\nd\",allreduce,2,"))
  }
}
