extension EngineOptions {
  /// - Parameters:
  ///   - shape: of the model.
  ///   - names: the most names a shard may have.
  /// - Precondition: the kind is available.
  public func make(shape: Shape, names: Int) -> any Engine {
    switch resolvedKind(for: shape) {
    case .scalar: ScalarModel<Float>(shape: shape, names: names)
    case .sme2: VectorEngine(shape: shape, names: names, options: self, usingSME2: true)
    default: VectorEngine(shape: shape, names: names, options: self)
    }
  }
}
