import Files
import Values

/// A safetensors file in memory, checked as a whole before anything is handed out.
///
/// Layout: the header's length N (8 bytes, little-endian); N bytes of JSON; the data section. Data offsets count from
/// the start of the data section, whose every byte belongs to exactly one tensor.
///
/// Source: the format's definition, github.com/huggingface/safetensors (README, "Format").
public struct SafeTensorsFile: Sendable {
  /// The longest header that is read, in bytes: the limit of the format's own implementation.
  public static let maxHeaderSize = 100_000_000
  /// The largest file that is read, in bytes.
  public static let maxFileSize = 1 << 30

  /// The path, or what the caller named the bytes; it begins each error.
  public let source: String
  /// The strings of `__metadata__`; empty where the file has none.
  public let metadata: [String: String]
  /// The tensors' names in the order of the header.
  public let names: [String]
  public let tensors: [String: TensorInfo]

  private let bytes: [UInt8]
  private let dataStart: Int

  /// Reads and checks a file of at most `maxFileSize` bytes.
  ///
  /// - Throws: `SafeTensorsError`, where the file cannot be read or breaks the format.
  public init(path: String) throws(SafeTensorsError) {
    let bytes = try readRegularFile(path: path, limitInBytes: Self.maxFileSize) { error in
      SafeTensorsError(error, path: path)
    }
    try self.init(bytes: bytes, source: path)
  }

  /// Checks the content of such a file, from any origin.
  ///
  /// - Parameters:
  ///   - bytes: header length, header and data section.
  ///   - source: what errors call it.
  /// - Throws: `SafeTensorsError`, where the bytes break the format.
  public init(bytes: [UInt8], source: String = "safetensors") throws(SafeTensorsError) {
    let header = try Self.headerRange(of: bytes, source: source)
    let parser: HeaderParser
    do {
      parser = try HeaderParser(bytes[header])
    } catch {
      throw SafeTensorsError(source: source, tensor: error.tensor, reason: error.reason)
    }
    let dataSize = bytes.count - header.upperBound
    var tensors: [String: TensorInfo] = [:]
    for entry in parser.entries {
      tensors[entry.name] = try Self.checked(entry, dataSize: dataSize, source: source)
    }
    try Self.requireFullCover(tensors, dataSize: dataSize, source: source)

    self.source = source
    self.metadata = parser.metadata
    self.names = parser.entries.map(\.name)
    self.tensors = tensors
    self.bytes = bytes
    self.dataStart = header.upperBound
  }

  /// The bytes of one tensor, as stored: little-endian, aligned to nothing.
  ///
  /// - Throws: `SafeTensorsError`, where there is no such tensor.
  public func rawBytes(of name: String) throws(SafeTensorsError) -> ArraySlice<UInt8> {
    let range = try info(of: name).dataOffsets
    return bytes[dataStart + range.lowerBound..<dataStart + range.upperBound]
  }

  /// What the header says of one tensor.
  ///
  /// - Throws: `SafeTensorsError`, where there is no such tensor.
  public func info(of name: String) throws(SafeTensorsError) -> TensorInfo {
    guard let info = tensors[name] else {
      let known = names.prefix(8).map(printable).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
      throw SafeTensorsError(
        source: source, tensor: name, reason: "is not in the file" + (names.isEmpty ? "" : ", which holds \(known)"))
    }
    return info
  }

  /// Where the JSON header lies.
  private static func headerRange(of bytes: [UInt8], source: String) throws(SafeTensorsError) -> Range<Int> {
    guard bytes.count >= 8 else {
      throw SafeTensorsError(
        source: source, reason: "holds \(bytes.count) bytes, and a safetensors file begins with 8 of header length")
    }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(maxHeaderSize) else {
      throw SafeTensorsError(
        source: source,
        reason: "asks for a header of \(length) bytes, and \(maxHeaderSize) is the most: not a safetensors file?")
    }
    guard length <= UInt64(bytes.count - 8) else {
      throw SafeTensorsError(
        source: source,
        reason: "asks for a header of \(length) bytes, and \(bytes.count - 8) follow: truncated, or not safetensors")
    }
    return 8..<8 + Int(length)
  }

  /// One tensor of the header, compared with itself and with the data section.
  private static func checked(
    _ entry: HeaderParser.Entry, dataSize: Int, source: String
  ) throws(SafeTensorsError) -> TensorInfo {
    func failure(_ reason: String) -> SafeTensorsError {
      SafeTensorsError(source: source, tensor: entry.name, reason: reason)
    }
    guard entry.begin <= entry.end else {
      throw failure("data_offsets end (\(entry.end)) before they begin (\(entry.begin))")
    }
    guard entry.end <= dataSize else {
      throw failure("data_offsets end at \(entry.end), past the \(dataSize) bytes of data: truncated?")
    }
    guard let count = TensorInfo.elementCount(of: entry.shape) else {
      throw failure("the product of shape \(entry.shape.prefix(8)) overflows")
    }
    if let size = TensorInfo.bytesPerElement(entry.dtype) {
      let (expected, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw failure("the size of shape \(entry.shape.prefix(8)) in bytes overflows") }
      guard expected == entry.end - entry.begin else {
        throw failure(
          "\(entry.dtype) of shape \(entry.shape.prefix(8)) takes \(expected) bytes, "
            + "and data_offsets give it \(entry.end - entry.begin)")
      }
    }
    return TensorInfo(
      dtype: entry.dtype, shape: entry.shape, elementCount: count, dataOffsets: entry.begin..<entry.end)
  }

  /// Throws where two tensors share a byte or a byte belongs to none.
  private static func requireFullCover(
    _ tensors: [String: TensorInfo], dataSize: Int, source: String
  ) throws(SafeTensorsError) {
    // An empty tensor sorts before the one that begins where it lies, so that it is no overlap.
    let ordered = tensors.sorted {
      let (one, other) = ($0.value.dataOffsets, $1.value.dataOffsets)
      return (one.lowerBound, one.upperBound, $0.key) < (other.lowerBound, other.upperBound, $1.key)
    }
    var covered = 0
    for (name, info) in ordered {
      let begin = info.dataOffsets.lowerBound
      guard begin == covered else {
        let reason =
          begin < covered
          ? "begins at data byte \(begin), inside another tensor, which ends at \(covered)"
          : "begins at data byte \(begin), and bytes \(covered)..<\(begin) belong to no tensor"
        throw SafeTensorsError(source: source, tensor: name, reason: reason)
      }
      covered = info.dataOffsets.upperBound
    }
    guard covered == dataSize else {
      throw SafeTensorsError(
        source: source, reason: "the data section has \(dataSize) bytes, and the tensors cover \(covered)")
    }
  }
}
