import CSIMD

/// How four heads of a row lie in vectors, and the three products attention makes of them.
///
/// Weights of four heads and four keys share one vector, [head][key]: a block of four lanes is a head, a lane of
/// it a key. One exponential then serves sixteen scores, and sums over keys stay within blocks.
protocol HeadQuad {
  /// Whether four heads are one vector: the weights of a few groups are then best kept in registers.
  static var areOneVector: Bool { get }

  /// Dot products of four heads of `left` with those of four rows: [head][key].
  func dots(_ left: Floats, _ r0: Floats, _ r1: Floats, _ r2: Floats, _ r3: Floats) -> Vector

  /// Adds the rows, each head weighed by its weight: target = Σⱼ weight[head][j] · row j, added to what is there
  /// if `accumulating`.
  ///
  /// - Parameters:
  ///   - weights: (groups, 16), four keys a group.
  ///   - rows: (4 · groups), offsets of the rows from `base`.
  func weightedSum(
    groups: Int, weights: Floats, base: Floats, rows: UnsafePointer<Int>, accumulating: Bool,
    target: MutableFloats)

  /// Adds `left`, each head weighed, to every row: row j += weight[head][j] · left.
  func spread(
    groups: Int, weights: Floats, left: Floats, base: MutableFloats, rows: UnsafePointer<Int>)
}

/// Heads of 4: four heads are one vector, a head a block.
struct HeadsOf4: HeadQuad {
  static var areOneVector: Bool { true }

  @inline(__always)
  func dots(_ left: Floats, _ r0: Floats, _ r1: Floats, _ r2: Floats, _ r3: Floats) -> Vector {
    let q = Vector(left)
    return csimd_block_sums(q * Vector(r0), q * Vector(r1), q * Vector(r2), q * Vector(r3))
  }

  @inline(__always)
  func weightedSum(
    groups: Int, weights: Floats, base: Floats, rows: UnsafePointer<Int>, accumulating: Bool,
    target: MutableFloats
  ) {
    var sum = accumulating ? Vector(target) : .zero
    for group in 0..<groups {
      let w = Vector(weights + group * Vector.count)
      let j = group * 4
      sum = multiplyAdd(sum, csimd_splat0(w), Vector(base + rows[j]))
      sum = multiplyAdd(sum, csimd_splat1(w), Vector(base + rows[j + 1]))
      sum = multiplyAdd(sum, csimd_splat2(w), Vector(base + rows[j + 2]))
      sum = multiplyAdd(sum, csimd_splat3(w), Vector(base + rows[j + 3]))
    }
    sum.store(target)
  }

  @inline(__always)
  func spread(
    groups: Int, weights: Floats, left: Floats, base: MutableFloats, rows: UnsafePointer<Int>
  ) {
    let q = Vector(left)
    for group in 0..<groups {
      let w = Vector(weights + group * Vector.count)
      let j = group * 4
      add(csimd_splat0(w) * q, to: base + rows[j])
      add(csimd_splat1(w) * q, to: base + rows[j + 1])
      add(csimd_splat2(w) * q, to: base + rows[j + 2])
      add(csimd_splat3(w) * q, to: base + rows[j + 3])
    }
  }
}

/// Heads of 8: four heads are two vectors, a head two blocks.
struct HeadsOf8: HeadQuad {
  static var areOneVector: Bool { false }

  @inline(__always)
  func dots(_ left: Floats, _ r0: Floats, _ r1: Floats, _ r2: Floats, _ r3: Floats) -> Vector {
    let low = Vector(left)
    let high = Vector(left + Vector.count)
    return csimd_add_blocks(
      csimd_block_sums(low * Vector(r0), low * Vector(r1), low * Vector(r2), low * Vector(r3)),
      csimd_block_sums(
        high * Vector(r0 + Vector.count), high * Vector(r1 + Vector.count), high * Vector(r2 + Vector.count),
        high * Vector(r3 + Vector.count)))
  }

  @inline(__always)
  func weightedSum(
    groups: Int, weights: Floats, base: Floats, rows: UnsafePointer<Int>, accumulating: Bool,
    target: MutableFloats
  ) {
    var low = accumulating ? Vector(target) : .zero
    var high = accumulating ? Vector(target + Vector.count) : .zero
    @inline(__always) func add(_ wLow: Vector, _ wHigh: Vector, _ row: Floats) {
      low = multiplyAdd(low, wLow, Vector(row))
      high = multiplyAdd(high, wHigh, Vector(row + Vector.count))
    }
    for group in 0..<groups {
      let w = Vector(weights + group * Vector.count)
      let (wLow, wHigh) = (csimd_double_low_blocks(w), csimd_double_high_blocks(w))
      let j = group * 4
      add(csimd_splat0(wLow), csimd_splat0(wHigh), base + rows[j])
      add(csimd_splat1(wLow), csimd_splat1(wHigh), base + rows[j + 1])
      add(csimd_splat2(wLow), csimd_splat2(wHigh), base + rows[j + 2])
      add(csimd_splat3(wLow), csimd_splat3(wHigh), base + rows[j + 3])
    }
    low.store(target)
    high.store(target + Vector.count)
  }

  @inline(__always)
  func spread(
    groups: Int, weights: Floats, left: Floats, base: MutableFloats, rows: UnsafePointer<Int>
  ) {
    let low = Vector(left)
    let high = Vector(left + Vector.count)
    @inline(__always) func give(_ wLow: Vector, _ wHigh: Vector, _ row: MutableFloats) {
      add(wLow * low, to: row)
      add(wHigh * high, to: row + Vector.count)
    }
    for group in 0..<groups {
      let w = Vector(weights + group * Vector.count)
      let (wLow, wHigh) = (csimd_double_low_blocks(w), csimd_double_high_blocks(w))
      let j = group * 4
      give(csimd_splat0(wLow), csimd_splat0(wHigh), base + rows[j])
      give(csimd_splat1(wLow), csimd_splat1(wHigh), base + rows[j + 1])
      give(csimd_splat2(wLow), csimd_splat2(wHigh), base + rows[j + 2])
      give(csimd_splat3(wLow), csimd_splat3(wHigh), base + rows[j + 3])
    }
  }
}

@inline(__always)
private func add(_ x: Vector, to target: MutableFloats) { (Vector(target) + x).store(target) }
