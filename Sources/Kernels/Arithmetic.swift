import CSIMD

/// How kernels round where there is a choice.
public enum Arithmetic: Sendable {
  /// As is fastest on this CPU.
  case quick
  /// As docs/arithmetic.md says: with the same bits on every instruction set.
  case defined

  /// Whether this build has it: the definition needs fused multiply-adds.
  public static var canBeDefined: Bool { hasFusedMultiplyAdd }
}

/// x, and 0 where it is so small that a few more products would make a denormal number of it, which costs x86 a hundred cycles
/// each time. Of the defined arithmetic, which flushes none.
@inline(__always)
func withoutTiny(_ x: Vector) -> Vector { csimd_without_below(x, 0x1p-100) }

/// The same for what will be squared.
@inline(__always)
func withoutTinySquare(_ x: Vector) -> Vector { csimd_without_below(x, 0x1p-50) }
