import Foundation
import TestSupport
import Testing

extension Jobs {
  @Suite("check")
  struct Check {
    private static let files = ["d16-h4-b16", "d32-h4-b16", "d48-h3-b5", "d64-h4-b16", "d128-h8-b7"].map {
      PackagePaths.golden($0)
    }

    @Test(
      "passes on the reference files",
      arguments: [(Start.alone, "auto"), (.alone, "scalar"), (.ranks(2), "auto"), (.ranks(2), "scalar")])
    func passes(start: Start, engine: String) throws {
      let result = try ddpTrain(start, ["check", "--engine", engine] + Self.files)
      #expect(result.exitCode == 0 && result.stderr == "", "\(result)")
      #expect(result.lines.last == "5 files within bounds", "\(result)")
      // A row a tensor for gradient and parameters, and one a loss, for each file: 9 tensors, 5 losses.
      #expect(result.lines.filter { $0.hasSuffix(" ok") }.count == 5 * (9 + 9 + 5), "\(result)")
      for file in Self.files { #expect(result.lines.filter { $0 == file }.count == 1, "\(result)") }
    }

    enum Corruption: String, CaseIterable, Sendable {
      case gradient, final, loss

      func apply(to path: String) throws -> Data {
        switch self {
        case .gradient: try GoldenCopy.scaling("gradient.lm_head", by: 1.01, of: path)
        case .final: try GoldenCopy.scaling("final.wte", by: 2, of: path)
        case .loss: try GoldenCopy.changingLoss(of: path)
        }
      }
    }

    @Test("exits 1 where one value of a copy is out of bounds", arguments: Corruption.allCases, Start.both)
    func corrupted(corruption: Corruption, start: Start) throws {
      let folder = try TemporaryFolder()
      let copy = try folder.file("copy.safetensors", try corruption.apply(to: Self.files[0]))
      let result = try ddpTrain(start, ["check", Self.files[1], copy])
      expectFailure(result, saying: "1 of 2 files out of bounds")
      let rows = result.lines.filter { $0.hasSuffix("OUT OF BOUNDS") }
      #expect(rows.count == 1 && rows[0].contains("  \(corruption.rawValue) "), "\(result)")
    }

    @Test("a copy that is whole passes")
    func copied() throws {
      let folder = try TemporaryFolder()
      let copy = try folder.file("copy.safetensors", try Data(contentsOf: URL(fileURLWithPath: Self.files[2])))
      #expect(try ddpTrain(.alone, ["check", copy]).exitCode == 0)
    }

    @Test("files that cannot be read are errors", arguments: Start.both)
    func unreadable(start: Start) throws {
      let folder = try TemporaryFolder()
      let whole = try Data(contentsOf: URL(fileURLWithPath: Self.files[0]))
      let short = try folder.file("short.safetensors", whole.prefix(whole.count / 2))
      expectFailure(try ddpTrain(start, ["check", short]), saying: short)
      expectFailure(try ddpTrain(start, ["check", folder.path("none")]), saying: "no such file")
      expectFailure(try ddpTrain(start, ["check", folder.path]), saying: "is a directory")
    }
  }
}
