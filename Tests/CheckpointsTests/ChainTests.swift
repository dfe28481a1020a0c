import Chain
import Checkpoints
import Foundation
import GPT
import TestSupport
import Testing

@Suite("checkpoints that are links of a chain")
struct ChainTests {
  private static let settings = ["batch": "16", "steps": "200", "seed": "1"]

  private func chain(every: Int = 20) -> RunChain {
    RunChain(ChainEntry.Terms(program: "0.1.0", names: .zeros, settings: Self.settings), holds: { $0 % every == 0 })
  }

  /// Writes checkpoints of these steps, each of another model.
  private func write(_ steps: [Int], _ chain: RunChain, in place: TemporaryFolder, keep: Int = 1) throws {
    let folder = try CheckpointFolder(path: place.path, keep: keep, staying: chain.holds)
    let writer = CheckpointWriter(folder: folder, shape: try smallShape(), chain: chain)
    fill(writer.arrays, try smallShape())
    if chain.head == nil { try chain.begin(writer.arrays, try smallShape()) }
    for step in steps {
      writer.arrays.second[0] = Float(step)
      writer.write(
        step: step, losses: sampleLosses(step), metadata: Self.settings.merging(["program-version": "0.1.0"]) { $1 })
      writer.waitUntilFree()
      let outcome = writer.takeOutcome()
      #expect(outcome?.failure == nil && outcome?.link?.link.step == step)
    }
    writer.finish()
  }

  private func entry(_ folder: TemporaryFolder, _ step: Int) throws -> (Checkpoint, ChainEntry) {
    let checkpoint = try Checkpoint(path: CheckpointFolder.file(in: folder.path, step: step))
    return (checkpoint, try #require(try ChainEntry(checkpoint)))
  }

  @Test("each link hangs on the last that the chain holds, and those stay")
  func links() throws {
    let folder = try TemporaryFolder()
    let chain = chain()
    try write([7, 20, 33, 40, 45], chain, in: folder)
    #expect(folder.names.filter { $0.hasPrefix("step-") }.count == 3)
    let (twenty, forty, last) = (
      try entry(folder, 20).1, try entry(folder, 40).1, try entry(folder, 45).1
    )
    #expect(twenty.link.number == 1 && twenty.link.previousStep == 0)
    #expect(forty.link.number == 2 && forty.link.previous == twenty.digest && forty.link.previousStep == 20)
    #expect(last.link.number == 3 && last.link.previous == forty.digest && last.link.previousStep == 40)
    #expect(chain.head?.digest == last.digest && chain.head?.links == 4 && chain.cost.links == 6)
    for step in [20, 40, 45] {
      let (checkpoint, entry) = try entry(folder, step)
      #expect(try entry.defect(in: checkpoint) == nil)
      #expect(entry.link.settings == Self.settings && entry.link.tensors.count == 27)
    }
  }

  @Test("who goes on after a link on the way comes to the same chain")
  func resumed() throws {
    let folders = [try TemporaryFolder(), try TemporaryFolder()]
    let whole = chain()
    try write([20, 40], whole, in: folders[0])
    try write([20, 33], chain(), in: folders[1])
    let rest = chain()
    rest.resume(after: try entry(folders[1], 33).1)
    try write([40], rest, in: folders[1])
    #expect(rest.head == whole.head)
    rest.resume(after: try entry(folders[1], 40).1)
    #expect(rest.head == whole.head)
  }

  @Test("what was changed and sealed anew is a defect, with the tensor's name")
  func defects() throws {
    let folder = try TemporaryFolder()
    try write([20], chain(), in: folder)
    let file = try SealedFile(folder.data("step-000000020.safetensors"))
    func defect(_ change: (inout SealedFile) -> Void) throws -> String? {
      var changed = file
      change(&changed)
      let checkpoint = try Checkpoint(bytes: [UInt8](try changed.sealed()), path: "file")
      return try ChainEntry(checkpoint)?.defect(in: checkpoint)
    }
    #expect(try defect { _ in } == nil)
    let bits = "has other bits in adam.second.lm_head than its link has the digest of"
    #expect(try defect { $0.data[$0.data.endIndex - 4] ^= 1 } == bits)
    let settings = "has settings, or digests, that are not those of its link"
    #expect(try defect { $0.metadata["seed"] = "2" } == settings)
    #expect(try defect { $0.metadata["chain-settings"] = "batch seed" } == settings)
    #expect(try defect { $0.metadata["chain-number"] = "2" } == settings)
    #expect(try defect { $0.metadata["chain-names"] = String(repeating: "1", count: 64) } == settings)
    #expect(try defect { $0.metadata["program-version"] = "0.1.1" } == settings)
    for key in ["chain-roots", "chain-settings", "seed", "chain-link", "chain-number"] {
      #expect(throws: CheckpointError.self, "\(key)") { try defect { $0.metadata[key] = nil } }
    }
    #expect(throws: CheckpointError.self) {
      try defect { $0.metadata["chain-roots"] = String(repeating: "1", count: 64) }
    }
  }

  /// As docs/verify.md has it: `cut -c1-16 names.txt | LC_ALL=C sort | sha256sum`.
  @Test("the names' digest is of their first 16 letters, sorted, a line each")
  func names() throws {
    let letters = try PackagePaths.readNames()
    let long = Array(repeating: UInt8(3), count: 20)
    let names = (letters + [long, [0], [0]]).map { $0.withUnsafeBufferPointer { Name(letters: $0) } }
    let lines = (letters + [long, [0], [0]]).map { name in
      String(decoding: name.prefix(16).map { $0 + UInt8(ascii: "a") }, as: UTF8.self) + "\n"
    }
    let hasher = try SHA256()
    // Bytes, and not the order of a language.
    for line in lines.map({ Array($0.utf8) }).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      try hasher.update(line)
    }
    let digest = try hasher.finish()
    #expect(try Digest(names: names) == digest && Digest(names: names.reversed()) == digest)
  }
}
