import GPT
import SafeTensors

/// A checkpoint's file in memory, in which the model has its place: a snapshot is copied to where it will be written
/// from, once.
public final class CheckpointImage {
  public let shape: Shape
  /// Header room, losses' room, then the model's 3 P floats, P more where it has an outer momentum, and P doubles where it
  /// averages. Header and losses lie at the end of their room.
  private let buffer: AlignedBuffer<UInt8>
  private static let headerRoom = 1 << 16
  /// 100 losses, and what makes it a multiple of a cache line.
  private static let front = headerRoom + 832

  private let averages, hasOuterMomentum: Bool
  /// Of P each.
  private let floatArrays: Int

  /// - Parameters:
  ///   - averages: whether there is room for sums of parameters.
  ///   - hasOuterMomentum: whether there is room for the momentum of an outer update.
  public init(shape: Shape, averages: Bool = false, hasOuterMomentum: Bool = false) {
    (self.shape, self.averages, self.hasOuterMomentum) = (shape, averages, hasOuterMomentum)
    floatArrays = hasOuterMomentum ? 4 : 3
    buffer = AlignedBuffer(zeros: Self.front + (floatArrays * 4 + (averages ? 8 : 0)) * shape.parameterCount)
  }

  /// Where the model goes.
  public var arrays: ModelArrays {
    let count = shape.parameterCount
    let start = UnsafeMutableRawPointer(buffer.pointer + Self.front)
      .bindMemory(to: Float.self, capacity: floatArrays * count)
    let sums = UnsafeMutableRawPointer(start + floatArrays * count)
    return ModelArrays(
      parameters: start, first: start + count, second: start + 2 * count,
      sums: averages ? sums.bindMemory(to: Double.self, capacity: count) : nil,
      outerMomentum: hasOuterMomentum ? start + 3 * count : nil)
  }

  /// Whether all numbers of the model are finite: one that has diverged is of no use to anybody.
  public var isFinite: Bool {
    UnsafeBufferPointer(start: arrays.parameters, count: floatArrays * shape.parameterCount).allSatisfy { $0.isFinite }
  }

  /// Puts header and losses in front of the model, and the checksum in.
  ///
  /// - Parameters:
  ///   - step: steps done, at least 1.
  ///   - losses: of the last min(100, step) steps.
  ///   - averagedSteps: how many steps the sums are of; 0 leaves them out.
  ///   - metadata: more of it; keys of the format itself are ignored.
  /// - Returns: the whole file, until the image is changed.
  /// - Throws: `CheckpointError` where the metadata is too long.
  public func seal(
    step: Int, losses: [Double], averagedSteps: Int = 0, metadata: [String: String]
  ) throws(CheckpointError) -> UnsafeRawBufferPointer {
    precondition(averages || averagedSteps == 0, "the image has no sums")
    precondition(losses.count == min(step, CheckpointFormat.mostLosses), "a checkpoint has its last losses")
    typealias Key = CheckpointFormat.Key
    var pairs = metadata.filter { !Key.all.contains($0.key) }
    pairs[Key.format] = CheckpointFormat.name
    pairs[Key.version] = "\(CheckpointFormat.version)"
    pairs[Key.step] = "\(step)"
    pairs[Key.dModel] = "\(shape.dModel)"
    pairs[Key.heads] = "\(shape.heads)"
    if averagedSteps > 0 { pairs[Key.averagedSteps] = "\(averagedSteps)" }
    let sorted = pairs.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) }
    var header = SafeTensorsHeader(metadata: [(Seal.key, Seal.blank)] + sorted)
    header.add(CheckpointFormat.lossesName, .float64, shape: [losses.count], byteCount: 8 * losses.count)
    for entry in CheckpointFormat.entries(averaged: averagedSteps > 0, momentum: hasOuterMomentum) {
      header.add(
        entry.name, entry.type, shape: shape.extents(entry.tensor),
        byteCount: (entry.type == .float64 ? 8 : 4) * shape.count(entry.tensor))
    }
    let bytes = header.serialize()
    guard bytes.count <= Self.headerRoom else {
      throw CheckpointError(.system, "checkpoint", "its header would take \(bytes.count) bytes")
    }
    let lossStart = Self.front - 8 * losses.count
    let start = lossStart - bytes.count
    let end = Self.front + (floatArrays * 4 + (averagedSteps > 0 ? 8 : 0)) * shape.parameterCount
    for (i, loss) in losses.enumerated() {
      UnsafeMutableRawPointer(buffer.pointer).storeBytes(
        of: loss.bitPattern.littleEndian, toByteOffset: lossStart + 8 * i, as: UInt64.self)
    }
    (buffer.pointer + start).update(from: bytes, count: bytes.count)
    let file = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer.buffer)[start..<end])
    Seal.close(file)
    return UnsafeRawBufferPointer(file)
  }
}
