import DataParallel
import GPT

extension TrainingStep {
  /// Of one core.
  convenience init(_ rung: Rung, _ engine: any Engine, batch: Int, names: NameTable) throws {
    try self.init(
      settings: Settings(ladder: engine.shape, batch: batch, engine: rung.options), names: names, rank: 0, ranks: 1,
      synchronisation: SoloSynchronisation(parameterCount: engine.shape.parameterCount), engine: engine)
  }
}

extension Settings {
  /// The same for all rungs.
  init(ladder shape: Shape, batch: Int, engine: EngineOptions) throws(SettingsError) {
    try self.init(
      shape: shape, batch: batch, steps: 1 << 20, learningRate: Ladder.learningRate, seed: 1, engine: engine,
      evaluate: false)
  }
}
