import SafeTensors
import Testing

/// The bytes of a file with this header, its true length before it, and `dataSize` bytes of data: 0, 1, 2, ….
func file(_ header: String, dataSize: Int = 0) -> [UInt8] {
  file(header: Array(header.utf8), dataSize: dataSize)
}

func file(header: [UInt8], dataSize: Int = 0) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: header.count >> ($0 * 8)) } + header
    + (0..<dataSize).map { UInt8(truncatingIfNeeded: $0) }
}

/// A header's entry of one tensor.
func entry(_ name: String, _ dtype: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
  "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
}

/// What is wrong with a file that the reader accepted, found again from its public parts alone; nil if nothing is.
func structuralFault(of file: SafeTensorsFile) -> String? {
  guard Set(file.names).count == file.names.count, Set(file.names) == Set(file.tensors.keys) else {
    return "names and tensors differ"
  }
  let sizes = ["F32": 4, "F64": 8, "U64": 8, "I64": 8, "U8": 1]
  for (name, info) in file.tensors {
    guard let raw = try? file.rawBytes(of: name) else { return "\(name) has no bytes" }
    guard raw.count == info.dataOffsets.count else { return "\(name) has \(raw.count) bytes" }
    guard info.shape.allSatisfy({ $0 >= 0 }) else { return "\(name) has shape \(info.shape)" }
    guard info.shape.reduce(1, *) == info.elementCount else { return "\(name) has \(info.elementCount) elements" }
    if let size = sizes[info.dtype], info.elementCount * size != raw.count { return "\(name) has \(raw.count) bytes" }
    let decoded: Int? =
      switch info.dtype {
      case "F32": try? file.float32(name).count
      case "F64": try? file.float64(name).count
      case "U64": try? file.uint64(name).count
      case "I64": try? file.int64(name).count
      case "U8": try? file.uint8(name).count
      default: info.elementCount
      }
    guard decoded == info.elementCount else { return "\(name) does not decode" }
  }
  var covered = 0
  for range in file.tensors.values.map(\.dataOffsets).sorted(by: {
    ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
  }) {
    guard range.lowerBound == covered else { return "a hole or an overlap at \(covered)" }
    covered = range.upperBound
  }
  return nil
}
