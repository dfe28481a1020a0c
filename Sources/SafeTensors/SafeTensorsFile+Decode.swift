import Values

extension SafeTensorsFile {
  /// One F32 tensor, row-major, as a copy.
  ///
  /// - Parameters:
  ///   - name: the tensor's name.
  ///   - shape: where given, the shape that the tensor must have.
  /// - Throws: `SafeTensorsError`, where there is no such tensor, or its type or shape is another.
  public func float32(_ name: String, shape: [Int]? = nil) throws(SafeTensorsError) -> [Float] {
    try words(name, .float32, shape).map { Float(bitPattern: $0) }
  }

  /// One F64 tensor; otherwise like `float32(_:shape:)`.
  public func float64(_ name: String, shape: [Int]? = nil) throws(SafeTensorsError) -> [Double] {
    try words(name, .float64, shape).map { Double(bitPattern: $0) }
  }

  /// One U64 tensor; otherwise like `float32(_:shape:)`.
  public func uint64(_ name: String, shape: [Int]? = nil) throws(SafeTensorsError) -> [UInt64] {
    try words(name, .uint64, shape)
  }

  /// One I64 tensor; otherwise like `float32(_:shape:)`.
  public func int64(_ name: String, shape: [Int]? = nil) throws(SafeTensorsError) -> [Int64] {
    try words(name, .int64, shape)
  }

  /// One U8 tensor; otherwise like `float32(_:shape:)`.
  public func uint8(_ name: String, shape: [Int]? = nil) throws(SafeTensorsError) -> [UInt8] {
    try words(name, .uint8, shape)
  }

  /// Copies one F32 tensor into memory of the caller, such as an arena.
  ///
  /// - Parameters:
  ///   - name: the tensor's name.
  ///   - shape: where given, the shape that the tensor must have.
  ///   - destination: overwritten; exactly as many elements as the tensor has.
  /// - Throws: `SafeTensorsError`, where there is no such tensor, its type or shape is another, or the counts differ;
  ///   then nothing was written.
  public func copyFloat32(
    _ name: String, shape: [Int]? = nil, to destination: UnsafeMutableBufferPointer<Float>
  ) throws(SafeTensorsError) {
    let values = try float32(name, shape: shape)
    guard values.count == destination.count else {
      throw SafeTensorsError(
        source: source, tensor: name, reason: "has \(values.count) elements, and \(destination.count) are expected")
    }
    _ = destination.update(from: values)
  }

  /// The elements of one tensor as words of their own width, in the machine's byte order.
  private func words<Word: FixedWidthInteger>(
    _ name: String, _ type: ElementType, _ shape: [Int]?
  ) throws(SafeTensorsError) -> [Word] {
    let info = try info(of: name)
    guard info.dtype == type.rawValue else {
      let known = ElementType(rawValue: info.dtype) != nil
      throw SafeTensorsError(
        source: source, tensor: name,
        reason: "is \(printable(info.dtype))\(known ? "" : ", which is not decoded here,") and not \(type.rawValue)")
    }
    guard shape == nil || shape == info.shape else {
      throw SafeTensorsError(
        source: source, tensor: name, reason: "has shape \(info.shape.prefix(8)), and \(shape ?? []) is expected")
    }
    return try rawBytes(of: name).withUnsafeBytes { bytes in
      (0..<info.elementCount).map { index in
        Word(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Word>.size, as: Word.self))
      }
    }
  }
}
