import CSIMD

/// The scalar twins: every operation of the model as plain loops, over any floating-point type.
///
/// This is the page to read first, the reference each vector kernel is tested against, and, at `Double`, the
/// arithmetic that finite differences check. Letters of the shapes: C = d_model, H heads, hd = C / H,
/// K inputs and N outputs of a linear layer.
public enum Scalar<Real: ScalarReal> {}

/// What the twins need of a number beyond arithmetic.
public protocol ScalarReal: BinaryFloatingPoint, BitwiseCopyable, Sendable {
  static func exponential(_ x: Self) -> Self
  static func logarithm(_ x: Self) -> Self
}

extension Float: ScalarReal {
  @inlinable public static func exponential(_ x: Float) -> Float { csimd_expf(x) }
  @inlinable public static func logarithm(_ x: Float) -> Float { csimd_logf(x) }
}

extension Double: ScalarReal {
  @inlinable public static func exponential(_ x: Double) -> Double { csimd_exp(x) }
  @inlinable public static func logarithm(_ x: Double) -> Double { csimd_log(x) }
}
