import GPT

/// What a measurement times: one width, batch, engine and strategy, the same on every rank.
public struct TimedCase: Sendable, Equatable {
  public var shape: Shape
  /// B, of all ranks together.
  public var batch: Int
  public var engine: EngineOptions
  /// Of several ranks; one core has nothing to synchronise.
  public var strategy: SynchronisationStrategy
  /// Of a reproducible run, the most; nil of another.
  public private(set) var microShards: Int?

  /// More steps than any measurement runs, so that the learning rate hardly falls.
  public static let steps = 1 << 20
  public static let learningRate = 0.005

  public init(shape: Shape, batch: Int, engine: EngineOptions, strategy: SynchronisationStrategy = .auto) {
    (self.shape, self.batch, self.engine, self.strategy) = (shape, batch, engine, strategy)
  }

  /// The same in a reproducible run of at most so many micro-shards.
  public func reproducible(microShards: Int) -> TimedCase {
    var what = self
    what.microShards = microShards
    return what
  }

  /// - Throws: `SettingsError` for a batch, or micro-shards, that make no sense.
  public var settings: Settings {
    get throws(SettingsError) {
      var settings = try Settings(
        shape: shape, batch: batch, steps: Self.steps, learningRate: Self.learningRate, seed: 1, engine: engine,
        evaluate: false, strategy: strategy, reproducible: microShards != nil)
      if let microShards { settings.microShards = microShards }
      return try settings.validated()
    }
  }

  /// Memory of a rank that trains this case, one of `ranks`.
  ///
  /// - Parameter names: the training names.
  public func memoryNeed(names: NameTable, ranks: Int) -> MemoryNeed {
    MemoryNeed(shape: shape, batch: batch, engine: engine, names: names, ranks: ranks, microShards: microShards)
  }
}
