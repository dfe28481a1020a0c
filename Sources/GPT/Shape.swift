/// The sizes of the model, and the legend for every shape in this package:
///
///     B   names in the global batch          C   d_model, the width of a position
///     T   positions of one name, at most 16  H   attention heads
///     R   rows: positions really computed    hd  C / H, the width of a head
///     U   distinct (token, position) pairs   F   4 C, the width of the feed-forward layer
///     V   27 tokens: a–z = 0…25, boundary 26 P   parameters
public struct Shape: Sendable, Hashable {
  /// C
  public let dModel: Int
  /// H
  public let heads: Int

  /// V
  public static let vocabulary = 27
  /// The token before the first and behind the last letter.
  public static let boundary = 26
  /// The most positions of one name.
  public static let context = 16
  /// The smallest C, of which every other is a multiple.
  public static let narrowest = 16
  /// The largest C.
  public static let widest = 1024

  /// - Throws: `ShapeError` where C is not a multiple of 16 up to 1024 or H does not divide C.
  public init(dModel: Int, heads: Int) throws(ShapeError) {
    guard dModel > 0, dModel % Shape.narrowest == 0, dModel <= Shape.widest else {
      throw .width(dModel)
    }
    guard heads > 0, dModel % heads == 0 else {
      throw .heads(heads, dModel: dModel)
    }
    self.dModel = dModel
    self.heads = heads
  }

  /// hd
  public var headDim: Int { dModel / heads }
  /// F
  public var feedForward: Int { 4 * dModel }

  /// The default number of heads: 8 at C = 128, otherwise 4.
  public static func defaultHeads(dModel: Int) -> Int { dModel == 128 ? 8 : 4 }
}

public enum ShapeError: Error, Equatable {
  case width(Int)
  case heads(Int, dModel: Int)
}

extension ShapeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .width(let dModel):
      "d-model \(dModel) is not a multiple of \(Shape.narrowest) from \(Shape.narrowest) to \(Shape.widest)"
    case .heads(let heads, let dModel):
      "\(heads) heads do not divide d-model \(dModel); the number of heads must be a positive divisor of it"
    }
  }
}
