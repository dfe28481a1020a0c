import CSIMD

/// Heads of any width, in vectors of their own: whole vectors at 16, 32, 64, …; otherwise the last vector of a
/// head reaches into the next head, and lanes that are not the head's own are masked.
struct WideHeads: HeadQuad {
  static var areOneVector: Bool { false }

  /// Heads of this quad, 1…4; missing ones weigh nothing.
  let heads: Int
  let headDim: Int

  /// Ones in the lanes of the vector at `offset` that belong to the head.
  @inline(__always)
  private func lanes(_ offset: Int) -> Vector { Vector.ones(upTo: headDim - offset) }

  @inline(__always)
  func dots(_ left: Floats, _ r0: Floats, _ r1: Floats, _ r2: Floats, _ r3: Floats) -> Vector {
    let h0 = head(0, left, r0, r1, r2, r3)
    let h1 = heads > 1 ? head(1, left, r0, r1, r2, r3) : .zero
    let h2 = heads > 2 ? head(2, left, r0, r1, r2, r3) : .zero
    let h3 = heads > 3 ? head(3, left, r0, r1, r2, r3) : .zero
    return csimd_add_blocks(csimd_add_blocks(h0, h1), csimd_add_blocks(h2, h3))
  }

  /// Partial sums of one head with four rows: lane j of every block belongs to row j.
  @inline(__always)
  private func head(_ head: Int, _ left: Floats, _ r0: Floats, _ r1: Floats, _ r2: Floats, _ r3: Floats) -> Vector {
    var (p0, p1, p2, p3) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero)
    var offset = 0
    repeat {
      let at = head * headDim + offset
      let q = Vector(left + at) * lanes(offset)
      p0 = multiplyAdd(p0, q, Vector(r0 + at))
      p1 = multiplyAdd(p1, q, Vector(r1 + at))
      p2 = multiplyAdd(p2, q, Vector(r2 + at))
      p3 = multiplyAdd(p3, q, Vector(r3 + at))
      offset += Vector.count
    } while offset < headDim
    return csimd_block_sums(p0, p1, p2, p3)
  }

  @inline(__always)
  func weightedSum(
    groups: Int, weights: Floats, base: Floats, rows: UnsafePointer<Int>, accumulating: Bool,
    target: MutableFloats
  ) {
    for head in 0..<heads {
      var offset = 0
      repeat {
        let at = head * headDim + offset
        var sum = Vector.zero
        for group in 0..<groups {
          let w = weights + group * Vector.count + head * 4
          let j = group * 4
          sum = multiplyAdd(sum, w[0], Vector(base + rows[j] + at))
          sum = multiplyAdd(sum, w[1], Vector(base + rows[j + 1] + at))
          sum = multiplyAdd(sum, w[2], Vector(base + rows[j + 2] + at))
          sum = multiplyAdd(sum, w[3], Vector(base + rows[j + 3] + at))
        }
        // Lanes beyond the head: overwritten by the next one if storing, left as they are if accumulating.
        (accumulating ? multiplyAdd(Vector(target + at), lanes(offset), sum) : sum).store(target + at)
        offset += Vector.count
      } while offset < headDim
    }
  }

  @inline(__always)
  func spread(
    groups: Int, weights: Floats, left: Floats, base: MutableFloats, rows: UnsafePointer<Int>
  ) {
    for head in 0..<heads {
      var offset = 0
      repeat {
        let at = head * headDim + offset
        let q = Vector(left + at) * lanes(offset)
        for group in 0..<groups {
          let w = weights + group * Vector.count + head * 4
          for j in 0..<4 {
            let row = base + rows[group * 4 + j] + at
            multiplyAdd(Vector(row), w[j], q).store(row)
          }
        }
        offset += Vector.count
      } while offset < headDim
    }
  }
}
