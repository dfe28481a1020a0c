import CSME2
import Kernels

/// How a rank computes. All but the defaults are there to be compared with them.
public struct EngineOptions: Sendable, Equatable {
  public var kind: EngineKind
  public var exponential = ExponentialPrecision.fast
  /// Whether prefixes that names have in common are computed once.
  public var sharesPrefixes = true
  /// Whether positions behind a name's end are left out.
  public var skipsPadding = true
  /// The smallest C at which `auto` takes SME2 where the CPU has it: below, its ceremony costs more than it saves.
  public var sme2From = 64
  public var arithmetic = Arithmetic.quick

  public init(kind: EngineKind = .auto) { self.kind = kind }

  /// The engine that is really used at a shape.
  public func resolvedKind(for shape: Shape) -> EngineKind {
    guard kind == .auto else { return kind }
    // Without fused multiply-adds they are computed in software, one number at a time.
    if arithmetic == .defined, !Arithmetic.canBeDefined { return .scalar }
    return EngineKind.sme2.isAvailable && shape.dModel >= sme2From ? .sme2 : .simd
  }

  /// Where `auto` leaves a choice between engines, one of each; otherwise these options alone. Which is faster a formula
  /// cannot tell: cores may have a matrix unit each, or one in common.
  public var contenders: [EngineOptions] {
    guard kind == .auto, EngineKind.sme2.isAvailable else { return [self] }
    return [EngineKind.simd, .sme2].map { kind in
      var options = self
      options.kind = kind
      return options
    }
  }

  /// Whether the engine that is used at a shape can keep the factors of gradients: `FactorStore`.
  public func keepsFactors(at shape: Shape) -> Bool { resolvedKind(for: shape) == .simd }

  /// The rows an engine computes for a name behind `previous` in its shard, or for the first one.
  @inlinable @inline(__always)
  public func rows(of name: Name, behind previous: Name?) -> Int {
    isPlainModel
      ? name.positions
      : PrefixTree.rows(of: name, behind: previous, sharing: sharesPrefixes, padding: !skipsPadding)
  }

  /// What a replica of the model that this engine reads is made of.
  public func layout(shape: Shape) -> ReplicaLayout {
    isPlainModel
      ? ReplicaLayout(derivedCount: 0, runs: [.init(range: 0..<shape.parameterCount)])
      : ReplicaLayout(derivedCount: TransposedWeights.count(shape), runs: TransposedWeights.runs(shape))
  }

  /// Whether the engine is the model in plain loops, as one would write it on a page. In the defined arithmetic the scalar engine
  /// is the vector engine, computed one number at a time.
  @inlinable @inline(__always)
  var isPlainModel: Bool { kind == .scalar && arithmetic == .quick }
}

/// The engines there are.
public enum EngineKind: String, CaseIterable, Sendable {
  /// The best for this build and width.
  case auto
  /// Plain loops, one number at a time: slow, and the reference. It knows no other switches.
  case scalar
  /// Swift vectors over packed rows.
  case simd
  /// As `simd`, with its matrix products in an Arm CPU's matrix unit.
  case sme2

  /// Whether this CPU can run it.
  public var isAvailable: Bool { self != .sme2 || csme2_is_available() != 0 }

  /// Those this CPU can run.
  public static var available: [EngineKind] { allCases.filter { $0.isAvailable } }
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
