import GPT
import SafeTensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite("a checkpoint's file")
struct FormatTests {
  @Test("comes back as it went", arguments: [1, 99, 100, 150, 1_000_000_007])
  func roundTrip(step: Int) throws {
    let shape = try smallShape()
    let checkpoint = try Checkpoint(bytes: sampleFile(step: step, metadata: ["note": "é \"1\"\n"]), path: "file")
    #expect(checkpoint.step == step)
    #expect(checkpoint.shape == shape)
    #expect(checkpoint.losses == sampleLosses(step))
    #expect(checkpoint.metadata["note"] == "é \"1\"\n")
    let target = CheckpointImage(shape: shape)
    try checkpoint.copy(to: target.arrays)
    let arrays = [target.arrays.parameters, target.arrays.first, target.arrays.second]
    for (number, array) in arrays.enumerated() {
      #expect((0..<shape.parameterCount).allSatisfy { array[$0] == sampleValue(number, $0) }, "array \(number)")
    }
  }

  @Test("is a plain safetensors file with the names of the reference runs, each tensor in its place")
  func names() throws {
    let shape = try smallShape()
    let file = try SafeTensorsFile(bytes: sampleFile())
    for tensor in Tensor.allCases {
      let start = shape.offset(tensor)
      let expected = (start..<start + shape.count(tensor)).map { sampleValue(0, $0) }
      let extents = [shape.rows(tensor), shape.columns(tensor)]
      #expect(try file.float32(tensor.name, shape: extents) == expected)
      #expect(try file.float32("adam.second.\(tensor.name)", shape: extents)[0] == sampleValue(2, start))
    }
    #expect(file.names.count == 28)
  }

  @Test("the same content is the same bytes; an image can be used again")
  func repeatable() throws {
    let image = sampleImage(try smallShape())
    let one = Array(try image.seal(step: 150, losses: sampleLosses(150), metadata: ["a": "b"]))
    _ = try image.seal(step: 7, losses: sampleLosses(7), metadata: [:])
    #expect(Array(try image.seal(step: 150, losses: sampleLosses(150), metadata: ["a": "b"])) == one)
  }

  @Test("metadata cannot take the place of the format's own keys, or more room than there is")
  func metadata() throws {
    let bytes = try sampleFile(metadata: ["step": "1", "checksum": "0", "format-version": "9"])
    #expect(try Checkpoint(bytes: bytes, path: "file").step == 150)
    let long = ["x": String(repeating: "y", count: 1 << 16)]
    #expect(failure { _ = try sampleFile(metadata: long) }?.reason.contains("header would take") == true)
  }
}

@Suite("damaged checkpoints")
struct DamageTests {
  @Test("every bit that turns over is noticed")
  func everyBit() throws {
    var bytes = try sampleFile()
    var accepted: [Int] = []
    for place in bytes.indices {
      for bit in 0..<8 {
        bytes[place] ^= 1 << bit
        if failure(of: { _ = try Checkpoint(bytes: bytes, path: "file") })?.kind != .damaged {
          accepted.append(8 * place + bit)
        }
        bytes[place] ^= 1 << bit
      }
    }
    #expect(accepted == [])
    #expect(failure { _ = try Checkpoint(bytes: bytes, path: "file") } == nil)
  }

  @Test("every length but its own is noticed")
  func everyLength() throws {
    let bytes = try sampleFile()
    let accepted = (0..<bytes.count).filter { length in
      failure { _ = try Checkpoint(bytes: Array(bytes[..<length]), path: "file") }?.kind != .damaged
    }
    #expect(accepted == [])
    for more in [1, 8, 4096] {
      let longer = bytes + [UInt8](repeating: 0, count: more)
      #expect(failure { _ = try Checkpoint(bytes: longer, path: "file") }?.kind == .damaged)
    }
  }

  /// What disks and crashes do: bytes changed, stretches of zeros, blocks of another place, a tail of zeros.
  @Test("100,000 damaged files: none accepted")
  func random() throws {
    let intact = try sampleFile()
    var random = SeededRandom(seed: 1)
    var accepted = 0
    for round in 0..<100_000 {
      var bytes = intact
      let start = random.int(below: bytes.count)
      let end = min(start + 1 + random.int(below: round % 3 == 0 ? 8 : 4096), bytes.count)
      switch round % 5 {
      case 0: for place in start..<end { bytes[place] = UInt8(random.int(below: 256)) }
      case 1: for place in start..<end { bytes[place] = 0 }
      case 2:
        let other = random.int(below: bytes.count - (end - start) + 1)
        for place in start..<end { bytes[place] = intact[other + place - start] }
      case 3: for place in start..<bytes.count { bytes[place] = 0 }
      default: bytes.swapAt(start, random.int(below: bytes.count))
      }
      if bytes != intact, failure(of: { _ = try Checkpoint(bytes: bytes, path: "file") })?.kind != .damaged {
        accepted += 1
      }
    }
    #expect(accepted == 0)
  }
}

/// Files whose checksum is right and whose content is not: what a faulty writer, or a person, could make.
@Suite("checkpoints that lie")
struct LieTests {
  private func sealed(_ change: (inout [UInt8]) -> Void) throws -> CheckpointError? {
    var bytes = try sampleFile()
    change(&bytes)
    bytes.withUnsafeMutableBytes { Seal.close($0) }
    return failure { _ = try Checkpoint(bytes: bytes, path: "file") }
  }

  private func replace(_ text: String, _ other: String, in bytes: inout [UInt8]) {
    precondition(text.utf8.count == other.utf8.count)
    guard let range = bytes.firstRange(of: Array(text.utf8)) else { return }
    bytes.replaceSubrange(range, with: Array(other.utf8))
  }

  @Test(
    "are named",
    arguments: [
      ("\"step\":\"150\"", "\"step\":\"000\"", "its step \"000\" is not a whole number from 1 to"),
      ("\"step\":\"150\"", "\"step\":\" 50\"", "its step \" 50\" is not a whole number from 1 to"),
      ("\"step\":\"150\"", "\"step\":\"050\"", "tensor losses"),
      ("\"d-model\":\"16\"", "\"d-model\":\"32\"", "has no tensor wte of shape [27, 32]"),
      ("\"d-model\":\"16\"", "\"d-model\":\"17\"", "d-model 17"),
      ("\"heads\":\"4\"", "\"heads\":\"5\"", "5 heads do not divide"),
      ("\"heads\":\"4\"", "\"hEads\":\"4\"", "it has no heads"),
      ("\"wpe\":", "\"wpx\":", "has no tensor wpe"),
      ("\"adam.first.wte\"", "\"adam.fIrst.wte\"", "has no tensor adam.first.wte"),
      ("ddp-train checkpoint", "ddp-train Checkpoint", "does not say that it is a checkpoint"),
      ("[27,16]", "[54,08]", "begins with 0"),
      ("[27,16]", "[16,27]", "has no tensor wte of shape [27, 16]"),
    ])
  func named(text: String, other: String, reason: String) throws {
    let failure = try sealed { replace(text, other, in: &$0) }
    #expect(failure?.kind == .damaged)
    #expect(failure?.reason.contains(reason) == true, "\(failure?.reason ?? "accepted")")
  }

  @Test("another version of the format is refused and not passed over")
  func version() throws {
    let failure = try sealed { replace("\"format-version\":\"1\"", "\"format-version\":\"2\"", in: &$0) }
    #expect(failure?.kind == .refused)
    #expect(failure?.reason == "has version 2 of the checkpoint's format, and this program reads 1")
  }

  @Test("a loss that is not a number")
  func loss() throws {
    let image = sampleImage(try smallShape())
    let bytes = Array(try image.seal(step: 1, losses: [.nan], metadata: [:]))
    #expect(failure { _ = try Checkpoint(bytes: bytes, path: "file") }?.reason == "a loss is not a number up to 1e+30")
  }

  /// None may crash, and what is accepted must be usable.
  @Test("20,000 headers with a changed byte and a right checksum")
  func headers() throws {
    let intact = try sampleFile()
    let headerEnd = 8 + Int(intact[0]) + Int(intact[1]) << 8
    var random = SeededRandom(seed: 2)
    let target = CheckpointImage(shape: try smallShape())
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = intact
      bytes[random.int(below: headerEnd)] = UInt8(random.int(below: 256))
      let isPresent = bytes.withUnsafeMutableBytes { buffer in
        guard Seal.isPresent(in: UnsafeRawBufferPointer(buffer)) else { return false }
        Seal.close(buffer)
        return true
      }
      guard let checkpoint = try? Checkpoint(bytes: bytes, path: "file") else { continue }
      accepted += 1
      #expect(isPresent && checkpoint.step >= 1 && checkpoint.losses.count == min(checkpoint.step, 100))
      if checkpoint.shape.dModel == 16 { try checkpoint.copy(to: target.arrays) }
    }
    // Letters of strings that say nothing to the reader.
    #expect(accepted > 100 && accepted < 10_000)
  }
}
