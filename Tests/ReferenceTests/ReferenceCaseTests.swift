import Reference
import SafeTensors
import TestSupport
import Testing

/// Reference files that are none: each error names the file and what is wrong with it.
@Suite struct ReferenceCaseTests {
  /// What loading this content says, after the file's path; fails where it says nothing or names another file.
  static func complaint(_ copy: GoldenCopy, _ sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
    try copy.withFile { path in
      do {
        _ = try ReferenceCase(path: path)
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
        return ""
      } catch {
        let text = "\(error)"
        #expect(text.hasPrefix(path + ": "), sourceLocation: sourceLocation)
        return String(text.dropFirst(path.count + 2))
      }
    }
  }

  @Test func content() throws {
    let reference = try ReferenceCase(path: PackagePaths.golden("d48-h3-b5"))
    #expect((reference.shape.dModel, reference.shape.heads) == (48, 3))
    #expect(reference.learningRate == 0.01)
    #expect(reference.batches.map(\.count) == [5, 5, 5, 5, 5])
    #expect(reference.largestBatch == 5)
    #expect(reference.losses.count == 5)
    #expect(reference.initial.count == reference.shape.parameterCount)
    #expect(reference.gradient.count == reference.shape.parameterCount)
    #expect(reference.final.count == reference.shape.parameterCount)
    #expect(reference.initial != reference.final)
  }

  @Test(arguments: ["d_model", "heads", "steps", "lr", "batches", "losses"])
  func missingMetadata(key: String) throws {
    var copy = try GoldenCopy()
    copy.metadata[key] = nil
    #expect(try Self.complaint(copy) == "its metadata lacks \"\(key)\"")
  }

  @Test(arguments: [
    ("d_model", "sixteen", "metadata \"d_model\" is not an integer: sixteen"),
    ("steps", "5.0", "metadata \"steps\" is not an integer: 5.0"),
    ("lr", "fast", "metadata \"lr\" is not a number: fast"),
    ("lr", "inf", "metadata \"lr\" is not a number: inf"),
    ("losses", "[1, 2", "metadata \"losses\" is not JSON of the expected form"),
    ("losses", "[\"one\"]", "metadata \"losses\" is not JSON of the expected form"),
    ("batches", "[\"emma\"]", "metadata \"batches\" is not JSON of the expected form"),
    ("batches", "[[\"Emma\"]]", "name \"Emma\" has a character outside a–z"),
    ("batches", "[[\"emma \"]]", "name \"emma \" has a character outside a–z"),
  ])
  func malformedMetadata(key: String, value: String, reason: String) throws {
    var copy = try GoldenCopy()
    copy.metadata[key] = value
    #expect(try Self.complaint(copy) == reason)
  }

  @Test(arguments: [
    ("heads", "3", "3 heads do not divide d-model 16"), ("d_model", "20", "d-model 20 is not a multiple of 16"),
  ])
  func impossibleShape(key: String, value: String, reason: String) throws {
    var copy = try GoldenCopy()
    copy.metadata[key] = value
    #expect(try Self.complaint(copy).hasPrefix(reason))
  }

  /// A file computed with other constants proves nothing; one that does not say is taken at its word.
  @Test(arguments: ["beta1", "beta2", "eps", "bos"])
  func otherConstants(key: String) throws {
    var copy = try GoldenCopy()
    copy.metadata[key] = "0.5"
    #expect(try Self.complaint(copy).hasPrefix("was computed with \(key) = 0.5; this program's is "))
    copy.metadata[key] = "much"
    #expect(try Self.complaint(copy) == "metadata \"\(key)\" is not a number: much")
    copy.metadata[key] = nil
    let reference = try copy.withFile { try ReferenceCase(path: $0) }
    #expect(reference.losses.count == 5)
  }

  @Test(arguments: [("steps", "4"), ("steps", "0"), ("steps", "-5"), ("losses", "[3.0]"), ("batches", "[[\"emma\"]]")])
  func countsThatDoNotFit(key: String, value: String) throws {
    var copy = try GoldenCopy()
    copy.metadata[key] = value
    #expect(try Self.complaint(copy).contains("do not fit together"))
  }

  @Test func emptyBatch() throws {
    var copy = try GoldenCopy()
    copy.metadata["batches"] = "[[\"emma\"], [], [\"emma\"], [\"emma\"], [\"emma\"]]"
    #expect(try Self.complaint(copy).contains("a batch is empty"))
  }

  @Test(arguments: ["initial.wte", "gradient.layer0.attn_wq", "final.lm_head"])
  func missingTensor(name: String) throws {
    var copy = try GoldenCopy()
    copy.tensors[name] = nil
    #expect(try Self.complaint(copy).hasPrefix("tensor \"\(name)\": is not in the file"))
  }

  /// The transpose has as many elements, and would be read without a word if only they were counted.
  @Test(arguments: ["initial.layer0.mlp_fc1", "gradient.wte", "final.layer0.mlp_fc2"])
  func transposedTensor(name: String) throws {
    var copy = try GoldenCopy()
    let shape = try #require(copy.tensors[name]?.shape)
    copy.tensors[name]?.shape = shape.reversed()
    #expect(
      try Self.complaint(copy) == "tensor \"\(name)\": has shape \(Array(shape.reversed())), and \(shape) is expected")
  }

  @Test func noFile() {
    #expect(throws: SafeTensorsError.self) { try ReferenceCase(path: "/nowhere/at/all.safetensors") }
  }
}
