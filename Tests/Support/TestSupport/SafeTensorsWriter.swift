import Foundation
import SafeTensors

/// Builds the bytes of a safetensors file from the program's own header.
///
/// The same content gives the same bytes, whatever the order in which it was added: metadata is sorted by key; tensors by the
/// size of an element, largest first, then by name (as UTF-8), so that each lies aligned to its elements.
public struct SafeTensorsWriter: Sendable {
  private struct WrongShape: Error { let tensor: String }

  private struct Tensor {
    let name: String
    let type: ElementType
    let shape: [Int]
    let wordSize: Int
    let bytes: [UInt8]
  }

  /// The strings of `__metadata__`.
  public var metadata: [String: String]
  private var tensors: [Tensor] = []

  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// Adds one F32 tensor under a new name; `shape` is row-major, and empty for a scalar.
  public mutating func add(_ name: String, shape: [Int], float32 values: some Collection<Float>) throws {
    try add(name, .float32, shape, values.map(\.bitPattern))
  }

  public mutating func add(_ name: String, shape: [Int], float64 values: some Collection<Double>) throws {
    try add(name, .float64, shape, values.map(\.bitPattern))
  }

  public mutating func add(_ name: String, shape: [Int], uint64 values: some Collection<UInt64>) throws {
    try add(name, .uint64, shape, Array(values))
  }

  public mutating func add(_ name: String, shape: [Int], int64 values: some Collection<Int64>) throws {
    try add(name, .int64, shape, Array(values))
  }

  public mutating func add(_ name: String, shape: [Int], uint8 values: some Collection<UInt8>) throws {
    try add(name, .uint8, shape, Array(values))
  }

  /// The whole file: header length, header and data.
  public func serialize() -> [UInt8] {
    let ordered = tensors.sorted { one, other in
      one.wordSize == other.wordSize
        ? one.name.utf8.lexicographicallyPrecedes(other.name.utf8) : one.wordSize > other.wordSize
    }
    let sorted = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    var header = SafeTensorsHeader(metadata: sorted.map { ($0.key, $0.value) })
    for tensor in ordered { header.add(tensor.name, tensor.type, shape: tensor.shape, byteCount: tensor.bytes.count) }
    return header.serialize() + ordered.flatMap(\.bytes)
  }

  public func write(to path: String) throws { try Data(serialize()).write(to: URL(fileURLWithPath: path)) }

  private mutating func add<Word: FixedWidthInteger>(
    _ name: String, _ type: ElementType, _ shape: [Int], _ words: [Word]
  ) throws {
    guard shape.reduce(1, *) == words.count else { throw WrongShape(tensor: name) }
    tensors.append(
      Tensor(
        name: name, type: type, shape: shape, wordSize: MemoryLayout<Word>.size,
        bytes: words.map(\.littleEndian).withUnsafeBytes { Array($0) }))
  }
}
