import Chain
import Files
import GPT
import SafeTensors
import Values

/// A checkpoint that was read, and is whole.
public struct Checkpoint: Sendable {
  public let path: String
  /// Steps done, at least 1.
  public let step: Int
  public let shape: Shape
  /// Mean losses of the last min(100, step) steps, oldest first.
  public let losses: [Double]
  /// How many of the steps before it have their parameters in its sums; 0 where it has none.
  public let averagedSteps: Int
  /// Whether it has the momentum of an outer update.
  public let hasOuterMomentum: Bool
  /// All of the file's.
  public let metadata: [String: String]
  private let file: SafeTensorsFile

  /// - Throws: `CheckpointError`.
  public init(path: String) throws(CheckpointError) {
    let bytes: [UInt8]
    do {
      bytes = try readRegularFile(path: path, limitInBytes: SafeTensorsFile.maxFileSize)
    } catch {
      // What a disk can no longer read is lost like what it reads wrongly, and what is no file was never a checkpoint.
      let isLost =
        switch error {
        case .system(let step, _): step == "read"
        case .isDirectory, .isSpecial, .isTerminal, .tooLarge: true
        case .notFound: false
        }
      throw CheckpointError(isLost ? .damaged : .system, path, "\(error)")
    }
    try self.init(bytes: bytes, path: path)
  }

  /// - Throws: `CheckpointError`: `.damaged` unless every bit is as it was written, and every number can be;
  ///   `.refused` for another version of the format.
  public init(bytes: [UInt8], path: String) throws(CheckpointError) {
    file = try Self.unsealed(bytes, path: path)
    self.path = path
    metadata = file.metadata
    try Self.requireFormat(metadata, path: path)
    try CheckpointMetadata.check(metadata, path: path)
    step = try Self.number(CheckpointFormat.Key.step, metadata, path: path)
    shape = try Self.shape(metadata, path: path)
    let families = Self.families(of: file)
    hasOuterMomentum = families.count > CheckpointFormat.families.count
    losses = try Self.checkedLosses(file, step: step, shape: shape, families)
    try Self.requireFinite(file, families)
    averagedSteps = metadata[CheckpointFormat.Key.averagedSteps].flatMap { Int(written: $0) } ?? 0
    if averagedSteps > 0 {
      for tensor in Tensor.allCases { _ = try sums(tensor) }
    }
  }

  /// - Throws: `CheckpointError` where they are not there, or not numbers.
  private func sums(_ tensor: Tensor) throws(CheckpointError) -> [Double] {
    let name = CheckpointFormat.sums + tensor.name
    let values: [Double]
    do {
      values = try file.float64(name, shape: shape.extents(tensor))
    } catch {
      throw CheckpointError(.damaged, path, "tensor \(name): \(error.reason)")
    }
    // As many models of finite floats come to no more.
    let most = Double(averagedSteps) * Double(Float.greatestFiniteMagnitude)
    guard values.allSatisfy({ abs($0) <= most }) else {
      throw CheckpointError(.damaged, path, "a number of its tensor \(name) is no sum of \(averagedSteps) floats")
    }
    return values
  }

  /// (P): the mean of the parameters after the last `averagedSteps` steps; nil where there are no such steps.
  func averagedParameters() throws(CheckpointError) -> [Float]? {
    guard averagedSteps > 0 else { return nil }
    var mean = [Float](repeating: 0, count: shape.parameterCount)
    for tensor in Tensor.allCases {
      for (index, sum) in zip(shape.range(tensor), try sums(tensor)) {
        mean[index] = averageParameter(sum: sum, steps: averagedSteps)
      }
    }
    return mean
  }

  /// A tensor's bytes, of a file that has it.
  func bytes(
    of name: String, _ body: (UnsafeRawBufferPointer) throws(ChainError) -> Digest
  ) throws(ChainError) -> Digest {
    let slice: ArraySlice<UInt8>
    do { slice = try file.rawBytes(of: name) } catch { throw ChainError("\(path): \(error.reason)") }
    return try withBytes(slice, body)
  }

  private func withBytes(
    _ slice: ArraySlice<UInt8>, _ body: (UnsafeRawBufferPointer) throws(ChainError) -> Digest
  ) throws(ChainError) -> Digest {
    let result = slice.withUnsafeBytes { buffer in Result { () throws(ChainError) in try body(buffer) } }
    return try result.get()
  }

  /// The file, if its checksum is right.
  private static func unsealed(_ bytes: [UInt8], path: String) throws(CheckpointError) -> SafeTensorsFile {
    let (isPresent, isIntact) = bytes.withUnsafeBytes { (Seal.isPresent(in: $0), Seal.isIntact($0)) }
    guard isPresent else {
      throw CheckpointError(.damaged, path, "it does not begin like a checkpoint of this program")
    }
    guard isIntact else { throw CheckpointError(.damaged, path, "its checksum does not match") }
    do {
      return try SafeTensorsFile(bytes: bytes, source: path)
    } catch {
      throw CheckpointError(.damaged, path, error.reason)
    }
  }

  private static func requireFormat(_ metadata: [String: String], path: String) throws(CheckpointError) {
    guard metadata[CheckpointFormat.Key.format] == CheckpointFormat.name else {
      throw CheckpointError(.damaged, path, "it does not say that it is a checkpoint")
    }
    guard let text = metadata[CheckpointFormat.Key.version] else {
      throw CheckpointError(.damaged, path, "it has no \(CheckpointFormat.Key.version)")
    }
    guard let version = Int(written: text), version >= 1 else {
      throw CheckpointError(
        .damaged, path, "its \(CheckpointFormat.Key.version) \(printable(text)) is not a whole number from 1")
    }
    guard version == CheckpointFormat.version else {
      let writer = metadata["program-version"].map { ", which ddp-train \(printable($0)) wrote" } ?? ""
      throw CheckpointError(
        .refused, path,
        "has version \(version) of the checkpoint's format\(writer), and this program reads "
          + "\(CheckpointFormat.version)")
    }
  }

  private static func number(
    _ key: String, _ metadata: [String: String], path: String
  ) throws(CheckpointError) -> Int {
    guard let value = metadata[key].flatMap({ Int(written: $0) }) else {
      throw CheckpointError(.damaged, path, "it has no \(key)")
    }
    return value
  }

  private static func shape(_ metadata: [String: String], path: String) throws(CheckpointError) -> Shape {
    let dModel = try number(CheckpointFormat.Key.dModel, metadata, path: path)
    let heads = try number(CheckpointFormat.Key.heads, metadata, path: path)
    do {
      return try Shape(dModel: dModel, heads: heads)
    } catch {
      throw CheckpointError(.damaged, path, "\(error)")
    }
  }

  /// What the names of its floats begin with.
  private static func families(of file: SafeTensorsFile) -> [String] {
    let hasMomentum = Tensor.allCases.contains { file.tensors[CheckpointFormat.outerMomentum + $0.name] != nil }
    return CheckpointFormat.families + (hasMomentum ? [CheckpointFormat.outerMomentum] : [])
  }

  /// The losses, of a file that has all other tensors too.
  private static func checkedLosses(
    _ file: SafeTensorsFile, step: Int, shape: Shape, _ families: [String]
  ) throws(CheckpointError) -> [Double] {
    let losses: [Double]
    do {
      losses = try file.float64(CheckpointFormat.lossesName, shape: [min(step, CheckpointFormat.mostLosses)])
    } catch {
      throw CheckpointError(.damaged, file.source, "tensor \(CheckpointFormat.lossesName): \(error.reason)")
    }
    guard losses.allSatisfy({ abs($0) <= CheckpointFormat.largestLoss }) else {
      throw CheckpointError(.damaged, file.source, "a loss is not a number up to \(CheckpointFormat.largestLoss)")
    }
    for family in families {
      for tensor in Tensor.allCases {
        let (name, expected) = (family + tensor.name, shape.extents(tensor))
        guard let info = file.tensors[name], info.dtype == ElementType.float32.rawValue, info.shape == expected else {
          throw CheckpointError(.damaged, file.source, "it has no tensor \(name) of shape \(expected)")
        }
      }
    }
    return losses
  }

  /// A run never keeps a model that has diverged, and Adam's mean of squares is never negative.
  private static func requireFinite(_ file: SafeTensorsFile, _ families: [String]) throws(CheckpointError) {
    for family in families {
      let isSquare = family == CheckpointFormat.families.last
      for tensor in Tensor.allCases {
        let name = family + tensor.name
        let values: [Float]
        do {
          values = try file.float32(name)
        } catch {
          throw CheckpointError(.damaged, file.source, "tensor \(name): \(error.reason)")
        }
        guard values.allSatisfy({ $0.isFinite && (!isSquare || $0 >= 0) }) else {
          let wrong = isSquare ? "finite, or is negative" : "finite"
          throw CheckpointError(.damaged, file.source, "a number of its tensor \(name) is not \(wrong)")
        }
      }
    }
  }

  /// Copies the model out.
  ///
  /// - Parameters:
  ///   - arrays: overwritten; of this checkpoint's shape. Sums and an outer momentum only where both have them.
  ///   - withSums: whether to copy these too.
  public func copy(to arrays: ModelArrays, withSums: Bool = true) throws(CheckpointError) {
    var targets = Array(zip(CheckpointFormat.families, [arrays.parameters, arrays.first, arrays.second]))
    if hasOuterMomentum, let momentum = arrays.outerMomentum {
      targets.append((CheckpointFormat.outerMomentum, momentum))
    }
    for (family, target) in targets {
      for tensor in Tensor.allCases {
        let place = UnsafeMutableBufferPointer(start: target + shape.offset(tensor), count: shape.count(tensor))
        do {
          try file.copyFloat32(family + tensor.name, shape: shape.extents(tensor), to: place)
        } catch {
          throw CheckpointError(.damaged, path, "tensor \(family + tensor.name): \(error.reason)")
        }
      }
    }
    guard withSums, averagedSteps > 0, let target = arrays.sums else { return }
    for tensor in Tensor.allCases {
      for (index, sum) in zip(shape.range(tensor), try sums(tensor)) { target[index] = sum }
    }
  }
}
