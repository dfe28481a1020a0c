import Foundation
import GPT
import SafeTensors
import TestSupport
import Testing

@testable import Checkpoints

@Suite("a model from a file")
struct StoredModelTests {
  /// A file as other programs write it: the nine tensors, and no checksum.
  private func plain(_ shape: Shape, leavingOut: Tensor? = nil, metadata: [String: String] = [:]) throws
    -> SafeTensorsWriter
  {
    var writer = SafeTensorsWriter(metadata: metadata)
    for tensor in Tensor.allCases where tensor != leavingOut {
      try writer.add(
        tensor.name, shape: [shape.rows(tensor), shape.columns(tensor)],
        float32: shape.range(tensor).map { sampleValue(0, $0) })
    }
    return writer
  }

  @Test("from a checkpoint and from plain parameters: the same")
  func both() throws {
    let temporary = try TemporaryFolder()
    let shape = try smallShape()
    let (one, other) = (temporary.path("one.safetensors"), temporary.path("other.safetensors"))
    try Data(sampleFile(metadata: ["seed": "17"])).write(to: URL(fileURLWithPath: one))
    try plain(shape).write(to: other)
    let expected = (0..<shape.parameterCount).map { sampleValue(0, $0) }
    #expect(try StoredModel(path: one).parameters == expected && StoredModel(path: other).parameters == expected)
    #expect(try StoredModel(path: one).seed == 17 && StoredModel(path: other).seed == nil)
    #expect(try StoredModel(path: other).shape.heads == 4)
    #expect(try StoredModel(path: other, heads: 2).shape.heads == 2)
    try plain(shape, metadata: ["heads": "8"]).write(to: other)
    #expect(try StoredModel(path: other).shape.heads == 8)
  }

  @Test("from a checkpoint with sums: their mean; and the sums come back")
  func averaged() throws {
    let temporary = try TemporaryFolder()
    let (shape, path) = (try smallShape(), temporary.path("file.safetensors"))
    let image = CheckpointImage(shape: shape, averages: true)
    fill(image.arrays, shape)
    let sums = try #require(image.arrays.sums)
    for i in 0..<shape.parameterCount { sums[i] = Double(i) * 0.7 - 100 }
    let plain = Array(try image.seal(step: 7, losses: sampleLosses(7), metadata: [:]))
    let bytes = Array(try image.seal(step: 7, losses: sampleLosses(7), averagedSteps: 3, metadata: [:]))
    #expect(bytes.count > plain.count + 8 * shape.parameterCount)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let expected = (0..<shape.parameterCount).map { Float((Double($0) * 0.7 - 100) / 3) }
    #expect(try StoredModel(path: path).parameters == expected)
    let target = CheckpointImage(shape: shape, averages: true)
    let checkpoint = try Checkpoint(bytes: bytes, path: "file")
    try checkpoint.copy(to: target.arrays)
    #expect(checkpoint.averagedSteps == 3)
    let back = try #require(target.arrays.sums)
    #expect((0..<shape.parameterCount).allSatisfy { back[$0] == sums[$0] })
    #expect((0..<shape.parameterCount).allSatisfy { target.arrays.second[$0] == sampleValue(2, $0) })
    // Without them the trained parameters.
    try Data(plain).write(to: URL(fileURLWithPath: path))
    #expect(try StoredModel(path: path).parameters == (0..<shape.parameterCount).map { sampleValue(0, $0) })
    #expect(try Checkpoint(bytes: plain, path: "file").averagedSteps == 0)
    // Nothing that is not a sum of three floats is taken.
    for wrong in [Double.nan, .infinity, 1.1e39] {
      sums[5] = wrong
      let bytes = Array(try image.seal(step: 7, losses: sampleLosses(7), averagedSteps: 3, metadata: [:]))
      let says = failure { _ = try Checkpoint(bytes: bytes, path: "file") }?.reason ?? "accepted"
      #expect(says.contains("is no sum of 3 floats"), "\(says)")
    }
  }

  @Test("what is none is refused")
  func refused() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path("file.safetensors")
    func reason() -> String { failure { _ = try StoredModel(path: path) }?.description ?? "accepted" }
    #expect(reason().contains("no such file"))
    try plain(smallShape(), leavingOut: .tokenEmbedding).write(to: path)
    #expect(reason().contains("has no tensor wte of 27 rows"))
    try plain(smallShape(), leavingOut: .head).write(to: path)
    #expect(reason().contains("tensor lm_head: is not in the file"))
    try plain(smallShape(), metadata: ["format": "ddp-train checkpoint"]).write(to: path)
    #expect(reason().contains("does not begin like a checkpoint"))
  }

  @Test("a checkpoint is checked here too: every bit of its header, and some of its data")
  func damaged() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path("file.safetensors")
    let intact = try sampleFile()
    let headerEnd = 8 + Int(intact[0]) + Int(intact[1]) << 8
    var accepted: [Int] = []
    for place in Array(0..<headerEnd) + Array(stride(from: headerEnd, to: intact.count, by: 997)) {
      var bytes = intact
      bytes[place] ^= 1 << (place % 8)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      if failure(of: { _ = try StoredModel(path: path) }) == nil { accepted.append(place) }
    }
    #expect(accepted == [])
  }
}
