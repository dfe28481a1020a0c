import Checkpoints
import Dataset
import Files
import GPT

extension Reader {
  static func checkpoint() throws -> Reader {
    let image = CheckpointImage(shape: try Shape(dModel: 16, heads: 4))
    let intact = Array(try image.seal(step: 3, losses: [3, 2, 1], metadata: ["seed": "1", "batch": "16"]))
    return Reader(
      name: "checkpoint", seeds: [intact], words: HeaderText.words + words, longest: 1 << 16,
      make: HeaderText.damaged, finish: { bytes, random in random.once(in: 8) ? bytes : sealed(bytes) },
      readBytes: { try examine(Checkpoint(bytes: $0, path: "fuzz")) },
      readFile: { path in
        _ = try? StoredModel(path: path)
        try examine(Checkpoint(path: path))
      },
      kind: { ($0 as? CheckpointError).map { outline($0.reason) } })
  }

  private static let words = ["\"step\":\"", "\"heads\":\"", "\"d-model\":\"", "\"format-version\":\"2\""].map {
    Array($0.utf8)
  }

  private static let opening = Array("{\"__metadata__\":{\"checksum\":\"".utf8)

  /// The same bytes with the right checksum where there is room for one, so that what lies behind it is read too.
  private static func sealed(_ file: [UInt8]) -> [UInt8] {
    let place = 8 + opening.count..<8 + opening.count + 32
    guard file.count > place.upperBound, file[8..<place.lowerBound].elementsEqual(opening) else { return file }
    var file = file
    file.replaceSubrange(place, with: [UInt8](repeating: UInt8(ascii: "0"), count: 32))
    var hasher = ContentHasher()
    file.withUnsafeBytes { hasher.update($0) }
    file.replaceSubrange(place, with: hasher.hexDigest().utf8)
    return file
  }

  private static func examine(_ checkpoint: Checkpoint) throws {
    try require(checkpoint.step >= 1, "step \(checkpoint.step)")
    try require(checkpoint.losses.count == min(checkpoint.step, 100), "a count of losses that is not the steps'")
    let count = checkpoint.shape.parameterCount
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: 3 * count)
    defer { memory.deallocate() }
    try checkpoint.copy(
      to: ModelArrays(parameters: memory, first: memory + count, second: memory + 2 * count))
  }
}
