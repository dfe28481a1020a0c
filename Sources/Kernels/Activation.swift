import CSIMD

/// max(x, 0).
@inline(__always)
func relu(_ x: Vector) -> Vector { csimd_max(x, .zero) }

/// The gradient behind a ReLU: `gradient` where the ReLU's output was positive, else 0.
@inline(__always)
func reluGradient(_ gradient: Vector, output: Vector) -> Vector {
  Vector.zero.replacing(with: gradient, where: output .> .zero)
}
