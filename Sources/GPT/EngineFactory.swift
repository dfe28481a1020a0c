extension EngineOptions {
  /// - Parameters:
  ///   - names: the most names a shard may have.
  ///   - derived: memory for the derived weights that outlives the engine: `layout(shape:).derivedCount` floats on
  ///     cache lines, zeros or another such engine's. Nil for memory of the engine's own.
  ///   - factors: where passes are to be kept while they are open; nil, or `keepsFactors`.
  ///   - isShared: whether other cores read what the engine writes: gradients, parameters and derived weights.
  /// - Precondition: the kind is available.
  public func make(
    shape: Shape, names: Int, derived: UnsafeMutablePointer<Float>? = nil, factors: FactorStore? = nil,
    isShared: Bool = false
  ) -> any Engine {
    if isPlainModel { return ScalarModel<Float>(shape: shape, names: names) }
    return VectorEngine(
      shape: shape, names: names, options: self, derived: derived, factors: factors, isShared: isShared)
  }
}
