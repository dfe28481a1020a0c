import Foundation
import TestSupport
import Testing

/// A clock that somebody sets must lengthen no wait: durations are differences of a clock that only runs.
@Suite("clocks")
struct ClockTests {
  /// Who may ask for the time of day, and how often: to say when a measurement was made, and to offer MPI's own clock.
  private static let allowed = ["Sources/ddp-train/Output/MachineFacts.swift": 1]

  @Test("nothing asks for the time of day but to print it")
  func timeOfDay() throws {
    let times =
      /\bDate\(|\bDate\.now|NSDate|CFAbsoluteTime|gettimeofday|CLOCK_REALTIME|\btime\((nil|NULL|0)\)|MPI_Wtime\(|DispatchWallTime|NSCondition\b|until: *Date|Timer\(/
    var found: [String: Int] = [:]
    let root = PackagePaths.file("Sources")
    let files = try #require(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }
    for file in files where [".swift", ".c", ".h"].contains(where: file.hasSuffix) {
      let text = try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)
      let lines = text.split(separator: "\n").filter { !$0.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") }
      let count = lines.count { $0.contains(times) }
      if count > 0 { found["Sources/\(file)"] = count }
    }
    #expect(files.count > 100)
    #expect(found == Self.allowed)
  }
}
