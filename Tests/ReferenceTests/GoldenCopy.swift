import Foundation
import GPT
import SafeTensors
import TestSupport

/// The content of a golden file, to be changed and written elsewhere.
struct GoldenCopy {
  var metadata: [String: String]
  var tensors: [String: (shape: [Int], values: [Float])] = [:]

  init(_ name: String = "d16-h4-b16") throws {
    let file = try SafeTensorsFile(path: PackagePaths.golden(name))
    metadata = file.metadata
    for name in file.names {
      tensors[name] = (try file.info(of: name).shape, try file.float32(name))
    }
  }

  /// Lends the path of a file with this content.
  func withFile<Result>(_ body: (String) throws -> Result) throws -> Result {
    var writer = SafeTensorsWriter(metadata: metadata)
    for (name, tensor) in tensors { try writer.add(name, shape: tensor.shape, float32: tensor.values) }
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("ddp-train-\(UUID().uuidString).safetensors").path
    try writer.write(to: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  /// Adds `share` of the tensor's root mean square to one value.
  mutating func disturb(_ name: String, at index: Int, share: Double) {
    guard let values = tensors[name]?.values else { return }
    let squares = values.reduce(0) { $0 + Double($1) * Double($1) }
    tensors[name]?.values[index] += Float(share * (squares / Double(values.count)).squareRoot())
  }

  /// Multiplies one loss.
  mutating func disturbLoss(_ step: Int, factor: Double) throws {
    var losses = try JSONDecoder().decode([Double].self, from: Data((metadata["losses"] ?? "").utf8))
    losses[step] *= factor
    metadata["losses"] = String(decoding: try JSONEncoder().encode(losses), as: UTF8.self)
  }
}
