import GPT
import SafeTensors

extension StoredModel {
  /// A model as a safetensors file, with its heads and nothing else besides.
  ///
  /// - Parameter parameters: (P), canonical order.
  static func file(_ parameters: UnsafePointer<Float>, _ shape: Shape) -> [UInt8] {
    var header = SafeTensorsHeader(metadata: [(CheckpointFormat.Key.heads, "\(shape.heads)")])
    for tensor in Tensor.allCases {
      header.add(tensor.name, .float32, shape: shape.extents(tensor), byteCount: 4 * shape.count(tensor))
    }
    return header.serialize() + UnsafeRawBufferPointer(start: parameters, count: 4 * shape.parameterCount)
  }
}
