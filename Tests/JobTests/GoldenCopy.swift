import Foundation
import Testing

/// A copy of a reference file with one value changed.
enum GoldenCopy {
  /// Where the data of a safetensors file begin, and what its header says.
  private static func header(_ bytes: Data) throws -> (length: Int, values: [String: Any]) {
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let object = try JSONSerialization.jsonObject(with: bytes.dropFirst(8).prefix(length))
    return (length, try #require(object as? [String: Any]))
  }

  /// Multiplies the middle element of a tensor.
  static func scaling(_ tensor: String, by factor: Float, of path: String) throws -> Data {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let (length, values) = try header(bytes)
    let info = try #require(values[tensor] as? [String: Any])
    let range = try #require(info["data_offsets"] as? [Int])
    let element = 8 + length + (range[0] + range[1]) / 8 * 4
    let bits = bytes[element..<element + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let changed = Float(bitPattern: bits) * factor
    withUnsafeBytes(of: changed.bitPattern.littleEndian) { bytes.replaceSubrange(element..<element + 4, with: $0) }
    return bytes
  }

  /// Changes the third decimal of the first loss.
  static func changingLoss(of path: String) throws -> Data {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let key = try #require(bytes.range(of: Data("\"losses\":\"[".utf8)))
    let point = try #require(bytes[key.upperBound...].firstIndex(of: UInt8(ascii: ".")))
    let digit = point + 3
    bytes[digit] = bytes[digit] == UInt8(ascii: "9") ? UInt8(ascii: "8") : bytes[digit] + 1
    return bytes
  }
}
