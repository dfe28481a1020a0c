import Foundation
import SafeTensors

/// Builds the bytes of a safetensors file.
///
/// The same content gives the same bytes, whatever the order in which it was added: metadata keys are sorted; tensors
/// are sorted by the size of an element, largest first, then by name (as UTF-8), so that each lies aligned to its
/// elements; the header is padded with spaces to a multiple of 8 bytes.
public struct SafeTensorsWriter: Sendable {
  private struct Tensor {
    let name: String
    let type: ElementType
    let shape: [Int]
    let bytes: [UInt8]
  }

  /// The strings of `__metadata__`.
  public var metadata: [String: String]
  private var tensors: [String: Tensor] = [:]

  public init(metadata: [String: String] = [:]) {
    self.metadata = metadata
  }

  /// Adds one F32 tensor.
  ///
  /// - Parameters:
  ///   - name: not used before, and not "__metadata__".
  ///   - shape: row-major extents whose product is the number of `values`; empty for a scalar.
  ///   - values: copied.
  /// - Throws: `SafeTensorsError`, where the name or the shape is refused; then nothing was added.
  public mutating func add(_ name: String, shape: [Int], float32 values: some Collection<Float>)
    throws(SafeTensorsError)
  {
    try add(name, .float32, shape, Array(values).map { $0.bitPattern })
  }

  /// Adds one F64 tensor; otherwise like `add(_:shape:float32:)`.
  public mutating func add(_ name: String, shape: [Int], float64 values: some Collection<Double>)
    throws(SafeTensorsError)
  {
    try add(name, .float64, shape, Array(values).map { $0.bitPattern })
  }

  /// Adds one U64 tensor; otherwise like `add(_:shape:float32:)`.
  public mutating func add(_ name: String, shape: [Int], uint64 values: some Collection<UInt64>)
    throws(SafeTensorsError)
  {
    try add(name, .uint64, shape, Array(values))
  }

  /// Adds one I64 tensor; otherwise like `add(_:shape:float32:)`.
  public mutating func add(_ name: String, shape: [Int], int64 values: some Collection<Int64>)
    throws(SafeTensorsError)
  {
    try add(name, .int64, shape, Array(values))
  }

  /// Adds one U8 tensor; otherwise like `add(_:shape:float32:)`.
  public mutating func add(_ name: String, shape: [Int], uint8 values: some Collection<UInt8>)
    throws(SafeTensorsError)
  {
    try add(name, .uint8, shape, Array(values))
  }

  /// The whole file: header length, header and data.
  public func serialize() -> [UInt8] {
    let ordered = tensors.values.sorted { one, other in
      one.type.size == other.type.size
        ? one.name.utf8.lexicographicallyPrecedes(other.name.utf8) : one.type.size > other.type.size
    }
    let sorted = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    var header = SafeTensorsHeader(metadata: sorted.map { ($0.key, $0.value) })
    for tensor in ordered { header.add(tensor.name, tensor.type, shape: tensor.shape, byteCount: tensor.bytes.count) }
    var file = header.serialize()
    file.reserveCapacity(file.count + ordered.reduce(0) { $0 + $1.bytes.count })
    for tensor in ordered { file += tensor.bytes }
    return file
  }

  public func write(to path: String) throws { try Data(serialize()).write(to: URL(fileURLWithPath: path)) }

  /// Takes an array, and not any collection: the compiler then sees the loop over it, which is some 40 times as fast.
  private mutating func add<Word: FixedWidthInteger>(
    _ name: String, _ type: ElementType, _ shape: [Int], _ words: [Word]
  ) throws(SafeTensorsError) {
    func failure(_ reason: String) -> SafeTensorsError {
      SafeTensorsError(source: "safetensors writer", tensor: name, reason: reason)
    }
    guard name != "__metadata__" else { throw failure("the name is reserved by the format") }
    guard tensors[name] == nil else { throw failure("was added before") }
    guard shape.allSatisfy({ $0 >= 0 }), let count = TensorInfo.elementCount(of: shape) else {
      throw failure("shape \(shape) is no shape: an extent is negative, or the product overflows")
    }
    guard count == words.count else {
      throw failure("shape \(shape) has \(count) elements, and \(words.count) values were given")
    }
    tensors[name] = Tensor(name: name, type: type, shape: shape, bytes: littleEndianBytes(of: words))
  }
}
