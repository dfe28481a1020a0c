import SafeTensors
import TestSupport

extension Reader {
  /// - Parameter golden: a file with tensors `final.…`, of which the small ones are taken.
  static func safeTensors(golden: String) throws -> Reader {
    Reader(
      name: "safetensors", seeds: [try cut(golden), try everyType(), SafeTensorsWriter().serialize()],
      words: HeaderText.words, longest: 1 << 16, make: HeaderText.damaged,
      readBytes: { try examine(SafeTensorsFile(bytes: $0, source: "fuzz")) },
      readFile: { try examine(SafeTensorsFile(path: $0)) },
      kind: { ($0 as? SafeTensorsError).map { outline($0.reason) } })
  }

  private static func cut(_ golden: String) throws -> [UInt8] {
    let file = try SafeTensorsFile(path: golden)
    var writer = SafeTensorsWriter(metadata: file.metadata.filter { $0.value.utf8.count < 64 })
    for name in file.names {
      let info = try file.info(of: name)
      if info.elementCount <= 512 { try writer.add(name, shape: info.shape, float32: try file.float32(name)) }
    }
    return writer.serialize()
  }

  private static func everyType() throws -> [UInt8] {
    var writer = SafeTensorsWriter(metadata: ["k": "a\n\u{1}é\u{1F600}"])
    try writer.add("w", shape: [2, 2], float32: [1, 2, 3, 4])
    try writer.add("d", shape: [], float64: [0.5])
    try writer.add("u", shape: [1], uint64: [.max])
    try writer.add("i", shape: [1, 1], int64: [.min])
    try writer.add("b", shape: [3], uint8: [1, 2, 3])
    try writer.add("none", shape: [0, 5], float32: [])
    return writer.serialize()
  }

  /// Takes out every tensor in every way, and adds up what they cover.
  private static func examine(_ file: SafeTensorsFile) throws {
    try require(file.names.count == file.tensors.count, "names and tensors differ")
    for name in file.names {
      let info = try file.info(of: name)
      let raw = try file.rawBytes(of: name)
      try require(raw.count == info.dataOffsets.count, "a tensor has other bytes than its offsets say")
      let decoded = try decodedCount(name, info, file)
      try require(decoded == nil || decoded == info.elementCount, "a tensor decodes to another count")
    }
  }

  /// The elements of a tensor of a type that is decoded; nil for other types.
  private static func decodedCount(_ name: String, _ info: TensorInfo, _ file: SafeTensorsFile) throws -> Int? {
    switch ElementType(rawValue: info.dtype) {
    case .float32: try file.float32(name, shape: info.shape).count
    case .float64: try file.float64(name).count
    case .uint64: try file.uint64(name).count
    case .int64: try file.int64(name).count
    case .uint8: try file.uint8(name).count
    case nil: nil
    }
  }
}
