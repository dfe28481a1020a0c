import Files
import Foundation
import GPT
import SafeTensors
import Values

/// A model's parameters from a file: a checkpoint, or any safetensors file that has them.
public struct StoredModel {
  public let shape: Shape
  /// (P), canonical order; of a checkpoint that has sums of parameters, their mean.
  public let parameters: [Float]
  /// Of the run that it comes from, where the file says so.
  public let seed: UInt64?
  /// Of the program that wrote the file, where the file says so.
  public let programVersion: String?
  /// Of the names that it was trained on, as `NameSet.hash`, where the file says so.
  public let dataHash: String?

  /// - Parameters:
  ///   - path: a file that has the model's nine tensors under their plain names. One that says it is a checkpoint must
  ///     be a whole one. Of a folder of checkpoints the newest is taken.
  ///   - heads: attention heads; nil for those that the file's metadata names, else the width's default.
  /// - Throws: `CheckpointError`.
  public init(path: String, heads: Int? = nil) throws(CheckpointError) {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      guard let newest = CheckpointFolder.newest(in: path) else {
        throw CheckpointError(.refused, path, "is a directory without a whole checkpoint")
      }
      try self.init(file: newest.path, heads: heads)
    } else {
      try self.init(file: path, heads: heads)
    }
  }

  private init(file path: String, heads: Int?) throws(CheckpointError) {
    let file: SafeTensorsFile
    do {
      file = try SafeTensorsFile(path: path)
    } catch {
      throw CheckpointError(.refused, path, Self.reason(error))
    }
    let averaged = Self.isOfCheckpoint(file) ? try Checkpoint(path: path).averagedParameters() : nil
    shape = try Self.shape(of: file, heads: heads)
    var parameters = [Float](repeating: 0, count: shape.parameterCount)
    for tensor in Tensor.allCases {
      do {
        parameters.replaceSubrange(
          shape.range(tensor), with: try file.float32(tensor.name, shape: shape.extents(tensor)))
      } catch {
        throw CheckpointError(.refused, path, "tensor \(tensor.name): \(error.reason)")
      }
    }
    guard parameters.allSatisfy(\.isFinite) else {
      throw CheckpointError(.refused, path, "holds numbers that are not finite")
    }
    self.parameters = averaged ?? parameters
    seed = try Self.number(Ranges.seed, file)
    programVersion = file.metadata["program-version"]
    dataHash = file.metadata["data-set"]
  }

  /// Whether a file says that it is a checkpoint.
  static func isOfCheckpoint(_ file: SafeTensorsFile) -> Bool {
    file.metadata[Seal.key] != nil || file.metadata[CheckpointFormat.Key.format] == CheckpointFormat.name
  }

  /// Of the model that a file has, by its embedding and its metadata.
  static func shape(of file: SafeTensorsFile, heads: Int? = nil) throws(CheckpointError) -> Shape {
    let name = Tensor.tokenEmbedding.name
    guard let embedding = file.tensors[name], embedding.shape.count == 2, embedding.shape[0] == Shape.vocabulary else {
      throw CheckpointError(.refused, file.source, "has no tensor \(name) of \(Shape.vocabulary) rows: not a model")
    }
    let width = embedding.shape[1]
    let stored = try number(Ranges.heads, file)
    do {
      return try Shape(dModel: width, heads: heads ?? stored ?? Shape.defaultHeads(dModel: width))
    } catch {
      throw CheckpointError(.refused, file.source, "\(error)")
    }
  }

  /// Why a file cannot be read, for a message that begins with its path.
  static func reason(_ error: SafeTensorsError) -> String {
    error.tensor.map { "tensor \(printable($0)): \(error.reason)" } ?? error.reason
  }

  /// Of the metadata; nil where it has none.
  private static func number<Number>(
    _ range: OptionRange<Number>, _ file: SafeTensorsFile
  ) throws(CheckpointError) -> Number? {
    guard let text = file.metadata[range.name] else { return nil }
    guard let value = range.value(text) else {
      throw CheckpointError(.refused, file.source, range.refusal(of: text, at: "its \(range.name)"))
    }
    return value
  }
}
