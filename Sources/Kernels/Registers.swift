import CSIMD

/// How many sums a GEMM tile may hold: the register file of each instruction set, less one row of the
/// operand and a broadcast factor.
enum Registers {
  /// The widest panel, in vectors of 16 floats. Wide panels load less per multiply-add, but on 16 or 128-bit
  /// registers one vector is already two or four of them.
  static var widestPanel: Int { CSIMD_ISA == CSIMD_ISA_AVX512 ? widestAnywhere : 1 }

  /// The widest panel of any instruction set.
  static var widestAnywhere: Int { 4 }

  /// Whether a multiply-add takes one of its factors from a lane of a register at no cost.
  static var multiplyByElement: Bool { CSIMD_ISA == CSIMD_ISA_NEON }

  /// Rows of the tallest tile where each has a register of factors: 5 × 4 sums, 5 factors and 4 of the operand.
  static var tallestWithFactorsPerRow: Int { 5 }

  /// Rows of the tallest tile of panels `panelWidth` vectors wide.
  @inline(__always)
  static func tallest(panelWidth: Int) -> Int {
    switch Int(CSIMD_ISA) {
    case Int(CSIMD_ISA_AVX512):  // 24 of 32 registers hold sums; 16 × 1 has two operands a sum already
      min(16, 24 / panelWidth)
    case Int(CSIMD_ISA_NEON): 6  // 6 × 4 of 32 registers
    default: 6  // 6 × 2 of 16 registers
    }
  }
}
