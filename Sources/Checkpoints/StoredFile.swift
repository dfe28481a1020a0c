import Files
import GPT
import SafeTensors

/// A safetensors file of whatever content, to be looked at: a checkpoint, a model alone, or something else.
public struct StoredFile: Sendable {
  /// A tensor as the header has it.
  public struct Entry: Sendable {
    public let name: String
    public let dtype: String
    /// Slowest first.
    public let shape: [Int]
    /// In bytes.
    public let size: Int
  }

  public let path: String
  /// In bytes.
  public let size: Int
  /// A whole one; nil of a file that is none.
  public let checkpoint: Checkpoint?
  /// A checkpoint's, which covers every bit of the file.
  public let checksum: String?
  /// Of the model, or why there is none.
  public let model: Result<Shape, CheckpointError>
  public let metadata: [String: String]
  /// In the order of the file.
  public let tensors: [Entry]

  /// - Throws: `CheckpointError` where it cannot be read, breaks the format, or is a checkpoint and not a whole one.
  public init(path: String) throws(CheckpointError) {
    let bytes = try readRegularFile(path: path, limitInBytes: SafeTensorsFile.maxFileSize) { error in
      CheckpointError(.system, path, "\(error)")
    }
    self.path = path
    size = bytes.count
    // One that is damaged has a header that nobody should believe.
    var checkpoint: Checkpoint?
    if bytes.withUnsafeBytes({ Seal.isPresent(in: $0) }) { checkpoint = try Checkpoint(bytes: bytes, path: path) }
    let file: SafeTensorsFile
    do {
      file = try SafeTensorsFile(bytes: bytes, source: path)
    } catch {
      throw CheckpointError(.refused, path, StoredModel.reason(error))
    }
    if checkpoint == nil, StoredModel.isOfCheckpoint(file) { checkpoint = try Checkpoint(bytes: bytes, path: path) }
    self.checkpoint = checkpoint
    metadata = file.metadata
    checksum = checkpoint == nil ? nil : file.metadata[Seal.key]
    model = Self.model(file)
    tensors = file.names.compactMap { name in
      file.tensors[name].map { Entry(name: name, dtype: $0.dtype, shape: $0.shape, size: $0.dataOffsets.count) }
    }
  }

  private static func model(_ file: SafeTensorsFile) -> Result<Shape, CheckpointError> {
    do throws(CheckpointError) {
      let shape = try StoredModel.shape(of: file)
      for tensor in Tensor.allCases {
        let expected = shape.extents(tensor)
        guard let info = file.tensors[tensor.name], info.dtype == ElementType.float32.rawValue, info.shape == expected
        else {
          throw CheckpointError(.refused, file.source, "has no tensor \(tensor.name) of shape \(expected) in F32")
        }
      }
      return .success(shape)
    } catch {
      return .failure(error)
    }
  }
}
