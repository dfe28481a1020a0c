import Autograd
import GPT

/// One rung of the ladder from a tape of scalars to many ranks: the rung before, and one idea more.
public struct Rung: Sendable {
  /// In reports.
  public var key: String
  /// For people.
  public var title: String
  /// Whether every name is a step of its own, with an update behind it.
  public var oneName: Bool
  /// What the engine computes, for a step's account of its rows.
  public var options: EngineOptions
  private let engine: @Sendable (Shape, Int) -> any Engine

  /// - Parameter engine: for a shape and the most names of a shard; nil for the one that `options` describe.
  public init(
    _ key: String, _ title: String, oneName: Bool = false, options: EngineOptions,
    engine: (@Sendable (Shape, Int) -> any Engine)? = nil
  ) {
    self.key = key
    self.title = title
    self.oneName = oneName
    self.options = options
    self.engine = engine ?? { options.make(shape: $0, names: $1) }
  }

  func makeEngine(shape: Shape, names: Int) -> any Engine { engine(shape, names) }
}

extension Rung {
  /// The rungs one core has here, from the lowest.
  public static var onOneCore: [Rung] {
    var options = EngineOptions(kind: .simd)
    options.exponential = .exact
    options.sharesPrefixes = false
    options.skipsPadding = false
    var rungs = [
      Rung("autograd", "autograd tape, one name a step", oneName: true, options: EngineOptions(kind: .scalar)) {
        shape, _ in TapeEngine(shape: shape)
      },
      Rung("scalar", "scalar loops, one name a step", oneName: true, options: EngineOptions(kind: .scalar)),
      Rung("vector", "vectors, one padded name a step", oneName: true, options: options),
      Rung("batch", "a padded batch a step", options: options),
    ]
    options.skipsPadding = true
    rungs.append(Rung("padding", "padding skipped", options: options))
    options.exponential = .fast
    rungs.append(Rung("exponential", "fast exponential", options: options))
    options.sharesPrefixes = true
    rungs.append(Rung("prefixes", "prefixes shared", options: options))
    if EngineKind.sme2.isAvailable {
      options.kind = .sme2
      rungs.append(Rung("sme2", "matrix unit (SME2)", options: options))
    }
    return rungs
  }
}
