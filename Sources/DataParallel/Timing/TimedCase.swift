import GPT

/// What a measurement times: one width, batch, engine and strategy, the same on every rank.
public struct TimedCase: Sendable, Equatable {
  public var shape: Shape
  /// B, of all ranks together.
  public var batch: Int
  public var engine: EngineOptions
  /// Of several ranks; one core has nothing to synchronise.
  public var strategy: SynchronisationStrategy

  /// More steps than any measurement runs, so that the learning rate hardly falls.
  public static let steps = 1 << 20
  public static let learningRate = 0.005

  public init(shape: Shape, batch: Int, engine: EngineOptions, strategy: SynchronisationStrategy = .auto) {
    (self.shape, self.batch, self.engine, self.strategy) = (shape, batch, engine, strategy)
  }

  /// - Throws: `SettingsError` for a batch that makes no sense.
  public var settings: Settings {
    get throws(SettingsError) {
      try Settings(
        shape: shape, batch: batch, steps: Self.steps, learningRate: Self.learningRate, seed: 1, engine: engine,
        evaluate: false, strategy: strategy)
    }
  }

  /// Memory of a rank that trains this case, one of `ranks`.
  ///
  /// - Parameter names: the training names.
  public func memoryNeed(names: NameTable, ranks: Int) -> MemoryNeed {
    MemoryNeed(shape: shape, batch: batch, engine: engine, names: names, ranks: ranks)
  }
}
