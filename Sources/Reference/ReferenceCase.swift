import Foundation
import GPT
import SafeTensors

/// A training run computed elsewhere, in float64: where it began, what it saw, and where it ended.
///
/// A safetensors file with the tensors `initial.*`, `gradient.*` (of the first step) and `final.*` under the
/// model's tensor names, and in its metadata `d_model`, `heads`, `steps`, `lr`, `batches` and `losses` (JSON).
public struct ReferenceCase: Sendable {
  public let shape: Shape
  public let learningRate: Double
  /// One batch of names a step.
  public let batches: [[Name]]
  /// The mean loss of each step, in nats.
  public let losses: [Double]
  /// (P) each, canonical order.
  public let initial, gradient, final: [Float]

  /// - Throws: `SafeTensorsError` or `ReferenceError`, which name the file and what is wrong with it.
  public init(path: String) throws {
    let file = try SafeTensorsFile(path: path)
    let metadata = ReferenceMetadata(file)
    let shape: Shape
    do {
      shape = try Shape(dModel: metadata.integer("d_model"), heads: metadata.integer("heads"))
    } catch let error as ShapeError {
      throw ReferenceError(file: path, reason: "\(error)")
    }
    try metadata.requireConstants()
    self.shape = shape
    learningRate = try metadata.number("lr")
    losses = try metadata.json("losses", as: [Double].self)
    batches = try metadata.json("batches", as: [[String]].self).map { batch in
      try batch.map { try metadata.name($0) }
    }
    let steps = try metadata.integer("steps")
    guard steps > 0, losses.count == steps, batches.count == steps, batches.allSatisfy({ !$0.isEmpty }) else {
      throw ReferenceError(
        file: path,
        reason: "\(steps) steps, \(batches.count) batches and \(losses.count) losses do not fit together, "
          + "or a batch is empty")
    }
    func tensors(_ prefix: String) throws -> [Float] {
      try Tensor.allCases.flatMap { tensor in
        try file.float32(
          "\(prefix).\(tensor.name)", shape: [shape.rows(tensor), shape.columns(tensor)])
      }
    }
    initial = try tensors("initial")
    gradient = try tensors("gradient")
    final = try tensors("final")
  }

  /// Names in the largest batch.
  public var largestBatch: Int { batches.map(\.count).max() ?? 0 }
}

public struct ReferenceError: Error, CustomStringConvertible {
  public let file: String
  public let reason: String
  public var description: String { "\(file): \(reason)" }
}

/// Typed access to a reference file's metadata.
private struct ReferenceMetadata {
  let file: SafeTensorsFile

  init(_ file: SafeTensorsFile) { self.file = file }

  private func text(_ key: String) throws -> String {
    guard let value = file.metadata[key] else {
      throw ReferenceError(file: file.source, reason: "its metadata lacks \"\(key)\"")
    }
    return value
  }

  func integer(_ key: String) throws -> Int {
    guard let value = Int(try text(key)) else {
      throw ReferenceError(file: file.source, reason: "metadata \"\(key)\" is not an integer: \(try text(key))")
    }
    return value
  }

  func number(_ key: String) throws -> Double {
    guard let value = Double(try text(key)), value.isFinite else {
      throw ReferenceError(file: file.source, reason: "metadata \"\(key)\" is not a number: \(try text(key))")
    }
    return value
  }

  func json<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(try text(key).utf8))
    } catch is DecodingError {
      throw ReferenceError(file: file.source, reason: "metadata \"\(key)\" is not JSON of the expected form")
    }
  }

  func name(_ text: String) throws -> Name {
    let letters = text.utf8.map { $0 &- UInt8(ascii: "a") }
    guard letters.allSatisfy({ $0 < 26 }) else {
      throw ReferenceError(file: file.source, reason: "name \"\(text)\" has a character outside a–z")
    }
    return letters.withUnsafeBufferPointer { Name(letters: $0) }
  }

  /// The optimiser's constants are part of the model here: a file computed with others proves nothing.
  func requireConstants() throws {
    for (key, expected) in [("beta1", 0.85), ("beta2", 0.99), ("eps", 1e-8), ("bos", Double(Shape.boundary))]
    where file.metadata[key] != nil {
      let value = try number(key)
      guard value == expected else {
        throw ReferenceError(
          file: file.source, reason: "was computed with \(key) = \(value); this program's is \(expected)")
      }
    }
  }
}
