import CSIMD

/// 16 floats: one AVX-512 register, two AVX registers or four Neon registers.
///
/// Every kernel is written over this one type. A name has at most 16 positions, so a row of attention
/// scores is exactly one `Vector`; and every model width is a multiple of 16.
public typealias Vector = SIMD16<Float>

extension Vector {
  /// Floats in one `Vector`.
  @inlinable @inline(__always)
  public static var count: Int { 16 }

  /// Reads 16 floats; `source` needs no alignment.
  @inlinable @inline(__always)
  public init(_ source: UnsafePointer<Float>) {
    self = UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
  }

  /// Writes 16 floats; `target` needs no alignment.
  @inlinable @inline(__always)
  public func store(_ target: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(target).storeBytes(of: self, as: Vector.self)
  }

  /// Sum over the lanes, always in the same tree order.
  @inlinable @inline(__always)
  public var laneSum: Float { csimd_sum(self) }

  /// Maximum over the lanes.
  @inlinable @inline(__always)
  public var laneMaximum: Float { csimd_maximum(self) }

  /// Ones in the first `count` lanes, zeros behind; `count` may be more than 16.
  @inlinable @inline(__always)
  static func ones(upTo count: Int) -> Vector {
    Vector(repeating: 0).replacing(
      with: 1, where: Vector.laneNumbers .< Vector(repeating: Float(count)))
  }

  @inlinable @inline(__always)
  static var laneNumbers: Vector { Vector(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) }
}

/// `sum + a · b`, fused where the instruction set has it.
///
/// Swift's `addingProduct` is a C library call per lane where it has not, hundreds of times slower than
/// the two instructions used then.
@inlinable @inline(__always)
func multiplyAdd(_ sum: Vector, _ a: Vector, _ b: Vector) -> Vector {
  hasFusedMultiplyAdd ? sum.addingProduct(a, b) : sum + a * b
}

@inlinable @inline(__always)
var hasFusedMultiplyAdd: Bool { CSIMD_HAS_FMA != 0 }

@inlinable @inline(__always)
func multiplyAdd(_ sum: Vector, _ a: Float, _ b: Vector) -> Vector {
  multiplyAdd(sum, Vector(repeating: a), b)
}

/// Floats a kernel reads, and floats it writes. Inside Kernels counts have been checked already.
public typealias Floats = UnsafePointer<Float>
public typealias MutableFloats = UnsafeMutablePointer<Float>
