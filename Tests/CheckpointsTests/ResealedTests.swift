import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("checkpoints that somebody changed and sealed anew")
struct ResealedTests {
  /// As a run writes it.
  private static let metadata = [
    "batch": "16", "steps": "200", "learning-rate": "0.003", "seed": "1", "engine": "simd", "exp": "fast",
    "eval": "false", "reproducible": "false", "sync": "auto", "tournament": "false", "hosts": "a,b",
    "program-version": "0.1.0", "data-set": "0123456789abcdef0123456789abcdef", "elapsed-seconds": "0.5", "ranks": "2",
    "schedule": "linear", "warm-up": "0", "beta2": "0.99",
    "us-per-step": "45.2", "rows": "100 120 70", "phases-ns": "1.0 2.0 3.0 4.0 5.0 6.0",
  ]

  private static let digest = String(repeating: "0a", count: 32)

  private func read(_ file: Data) throws -> StoredProgress {
    try StoredProgress(Checkpoint(bytes: [UInt8](file), path: "run/step-000000150.safetensors"))
  }

  private func sample() throws -> SealedFile { try SealedFile(Data(sampleFile(metadata: Self.metadata))) }

  @Test("unchanged it is read")
  func intact() throws {
    let progress = try read(sample().sealed())
    #expect(progress.rows == (100, 120, 70) && progress.ranks == 2 && progress.phases == [1, 2, 3, 4, 5, 6])
    #expect(progress.elapsedSeconds == 0.5 && progress.microsecondsPerStep == 45.2)
  }

  @Test(
    "a value that no run can have is refused, with path and key",
    arguments: [
      ("rows", "9223372036854775807 9223372036854775807 9223372036854775807"), ("rows", "100 120 130"),
      ("rows", "-1 120 70"), ("rows", "1 2"), ("rows", "100 120 70 1"), ("rows", "38401 38401 70"), ("rows", ""),
      ("step", "9223372036854775807"), ("step", "201"), ("step", "0"), ("step", "-1"), ("step", "1.5"),
      ("steps", "0"), ("steps", "1099511627777"), ("batch", "0"), ("batch", "1048577"), ("ranks", "0"),
      ("ranks", "9223372036854775807"), ("d-model", "17"), ("d-model", "9223372036854775807"), ("heads", "0"),
      ("heads", "3"), ("seed", "-1"), ("seed", "18446744073709551616"), ("learning-rate", "nan"),
      ("learning-rate", "-1"), ("warm-up", "-1"), ("beta2", "1"), ("batch-ramp", "21"), ("average", "1"),
      ("micro-shards", "2048"),
      ("averaged-steps", "0"), ("averaged-steps", "151"), ("schedule", "a b"),
      ("elapsed-seconds", "-0.1"), ("elapsed-seconds", "inf"), ("elapsed-seconds", "1e400"),
      ("us-per-step", "nan"), ("phases-ns", "1 2 3 4 5 nan"), ("phases-ns", "1 2 3 4 5 -6"), ("phases-ns", "1 2 3"),
      ("data-set", "0123"), ("data-set", "0123456789ABCDEF0123456789ABCDEF"), ("eval", "maybe"), ("sync", "a b"),
      ("engine", ""), ("program-version", "\u{1b}[2J"), ("tournament", "1"), ("format-version", "0"),
      ("format-version", "x"), ("chain-format", "2"), ("chain-number", "0"), ("chain-number", "1.5"),
      ("chain-previous", "1"), ("chain-previous", "-1 \(digest)"), ("chain-previous", "1 \(digest) 2"),
      ("chain-names", ""), ("chain-settings", "batch \u{0}"), ("chain-settings", "batch  seed"), ("chain-link", "0123"),
      ("chain-roots", "\(digest)  \(digest)"),
    ])
  func refused(key: String, value: String) throws {
    var file = try sample()
    file.metadata[key] = value
    let bytes = try file.sealed()
    let error = failure { _ = try read(bytes) }
    #expect(error?.kind == .damaged, "\(String(describing: error))")
    let says = error?.description ?? "accepted"
    #expect(says.hasPrefix("run/step-000000150.safetensors: damaged: "), "\(says)")
    // Width and heads are said as a shape where each is a number in its range.
    let name = key == "heads" && value == "3" ? "heads" : key
    #expect(says.contains(name), "\(says)")
    #expect(says.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(says)")
  }

  @Test("an entry that a run always writes is missed", arguments: ["rows", "ranks", "elapsed-seconds", "us-per-step"])
  func missing(key: String) throws {
    var file = try sample()
    file.metadata[key] = nil
    let bytes = try file.sealed()
    #expect(failure { _ = try read(bytes) }?.reason == "it has no \(key)")
  }

  @Test("numbers that no model has are refused", arguments: [Float.nan, .infinity, -.infinity])
  func numbers(value: Float) throws {
    let file = try sample()
    let count = file.data.count - 8 * 100
    // In the parameters, in the means, and in the means of squares; the losses come first.
    for part in 0..<3 {
      var changed = file
      let place = changed.data.startIndex + 8 * 100 + part * count / 3
      withUnsafeBytes(of: value.bitPattern.littleEndian) { changed.data.replaceSubrange(place..<place + 4, with: $0) }
      let bytes = try changed.sealed()
      let says = failure { _ = try read(bytes) }?.reason ?? "accepted"
      #expect(says.hasPrefix("a number of its tensor ") && says.contains("is not finite"), "\(says)")
    }
  }

  @Test("a mean of squares is never negative")
  func squares() throws {
    var file = try sample()
    let place = file.data.endIndex - 4
    withUnsafeBytes(of: Float(-1).bitPattern.littleEndian) { file.data.replaceSubrange(place..<place + 4, with: $0) }
    let bytes = try file.sealed()
    #expect(
      failure { _ = try read(bytes) }?.reason.contains("adam.second.lm_head is not finite, or is negative") == true)
  }

  @Test("another version of the format is refused with both versions, and with who wrote it")
  func format() throws {
    var file = try sample()
    file.metadata["format-version"] = "2"
    file.metadata["program-version"] = "9.9.9"
    let bytes = try file.sealed()
    let error = failure { _ = try read(bytes) }
    #expect(error?.kind == .refused)
    #expect(
      error?.reason
        == "has version 2 of the checkpoint's format, which ddp-train \"9.9.9\" wrote, and this program reads 1")
  }
}
