/// The first part of a safetensors file: the header's length, and the header.
public struct SafeTensorsHeader {
  /// Pairs of `__metadata__` and tensors, both in the order in which they are written. Tensors lie one behind the
  /// other in the data section.
  private var metadata: [String]
  private var tensors: [String] = []
  private var end = 0

  /// - Parameter metadata: keys all different; empty for a file without metadata.
  public init(metadata: [(key: String, value: String)]) {
    self.metadata = metadata.map { "\(json($0.key)):\(json($0.value))" }
  }

  /// Adds a tensor behind the last one.
  ///
  /// - Parameters:
  ///   - name: not added before, and not "__metadata__".
  ///   - shape: row-major extents.
  ///   - byteCount: of the whole tensor.
  public mutating func add(_ name: String, _ type: ElementType, shape: [Int], byteCount: Int) {
    let extents = shape.map(String.init).joined(separator: ",")
    tensors.append(
      json(name) + ":{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(extents)],"
        + "\"data_offsets\":[\(end),\(end + byteCount)]}")
    end += byteCount
  }

  /// The bytes in front of the data section: a multiple of 8.
  public func serialize() -> [UInt8] {
    let first = metadata.isEmpty ? [] : ["\"__metadata__\":{\(metadata.joined(separator: ","))}"]
    var text = Array("{\((first + tensors).joined(separator: ","))}".utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }
}

/// `text` as a JSON string, quotes included.
private func json(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\u{0}"..<"\u{20}":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
