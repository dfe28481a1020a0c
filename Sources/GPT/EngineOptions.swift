import Kernels

/// How a rank computes. All but the defaults are there to be compared with them.
public struct EngineOptions: Sendable, Equatable {
  public var kind: EngineKind
  public var exponential = ExponentialPrecision.fast
  /// Whether prefixes that names have in common are computed once.
  public var sharesPrefixes = true
  /// Whether positions behind a name's end are left out.
  public var skipsPadding = true

  public init(kind: EngineKind = .auto) { self.kind = kind }

  /// - Parameters:
  ///   - names: the most names a shard may have.
  ///   - derived: memory for the derived weights that outlives the engine: `layout(shape:).derivedCount` floats on
  ///     cache lines, zeros or another such engine's. Nil for memory of the engine's own.
  public func make(shape: Shape, names: Int, derived: UnsafeMutablePointer<Float>? = nil) -> any Engine {
    switch kind.resolved {
    case .scalar: ScalarModel<Float>(shape: shape, names: names)
    default: VectorEngine(shape: shape, names: names, options: self, derived: derived)
    }
  }

  /// What a replica of the model that this engine reads is made of.
  public func layout(shape: Shape) -> ReplicaLayout {
    switch kind.resolved {
    case .scalar:
      ReplicaLayout(derivedCount: 0, runs: [.init(range: 0..<shape.parameterCount, grain: 16)])
    default:
      ReplicaLayout(derivedCount: TransposedWeights.count(shape), runs: TransposedWeights.runs(shape))
    }
  }
}

/// The engines there are.
public enum EngineKind: String, CaseIterable, Sendable {
  /// The best for this build and width.
  case auto
  /// Plain loops over one position at a time: slow, and the reference. It knows no other switches.
  case scalar
  /// Swift vectors over packed rows.
  case simd

  /// The engine that is really used.
  public var resolved: EngineKind { self == .auto ? .simd : self }
}

/// The exponential inside the softmaxes.
public enum ExponentialPrecision: String, CaseIterable, Sendable {
  /// A polynomial of degree 5: relative error 2e-7.
  case fast
  /// The C library's.
  case exact
  /// A polynomial of degree 3: relative error 5e-3, and out of the reference's bounds.
  case coarse

  var kernel: ExponentialKind {
    switch self {
    case .fast: .fast
    case .exact: .exact
    case .coarse: .coarse
    }
  }
}
