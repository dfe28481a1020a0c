/// The element types this module decodes and encodes; all little-endian.
public enum ElementType: String, Sendable, CaseIterable {
  case float32 = "F32"
  case float64 = "F64"
  case uint64 = "U64"
  case int64 = "I64"
  case uint8 = "U8"
}

/// What the header says of one tensor.
public struct TensorInfo: Equatable, Sendable {
  /// The element type as the file spells it, such as "F32". It may be one that this module does not decode.
  public let dtype: String
  /// The extents, row-major, slowest first; empty for a scalar.
  public let shape: [Int]
  /// The product of `shape`.
  public let elementCount: Int
  /// The tensor's bytes, counted from the start of the data section.
  public let dataOffsets: Range<Int>

  /// The product of `shape`, or nil where it does not fit in an Int.
  package static func elementCount(of shape: [Int]) -> Int? {
    // A zero anywhere makes the product zero, even where the other extents would overflow.
    if shape.contains(0) { return 0 }
    var product = 1
    for extent in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      product = next
    }
    return product
  }

  /// The bytes of one element of a type of the format, or nil for a type that this module does not know.
  static func bytesPerElement(_ dtype: String) -> Int? {
    switch dtype {
    case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3": 1
    case "U16", "I16", "F16", "BF16": 2
    case "U32", "I32", "F32": 4
    case "U64", "I64", "F64": 8
    default: nil
    }
  }
}
