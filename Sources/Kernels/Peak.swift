/// Runs `count` × 24 independent fused multiply-adds on vectors of 16 floats and nothing else: the machine's
/// ceiling. 24 chains keep every unit of every known core busy, and fit 32 vector registers.
///
/// - Returns: their sum, so that none can be left out.
@inline(never)
public func multiplyAddChains(count: Int) -> Float {
  // Narrower registers hold fewer chains: what spills would measure the cache.
  hasWideRegisters ? chains(Lanes<24>.self, count: count) : chains(Lanes<6>.self, count: count * 4)
}

/// Floating-point operations of `multiplyAddChains(count: 1)`.
public let multiplyAddChainFlops = 24 * Vector.count * 2

private enum Lanes<let chains: Int> {}

private var hasWideRegisters: Bool { Registers.widestPanel > 1 }

@inline(__always)
private func chains<let n: Int>(_: Lanes<n>.Type, count: Int) -> Float {
  var sums = InlineArray<n, Vector>(repeating: Vector(repeating: 1))
  // A contraction: values stay near 1, far from denormals and infinities.
  let factor = Vector(repeating: 0.999)
  let addend = Vector(repeating: 1e-3)
  var remaining = count
  repeat {
    for i in 0..<n { sums[i] = multiplyAdd(addend, sums[i], factor) }
    remaining -= 1
  } while remaining > 0
  var total = Vector.zero
  for i in 0..<n { total += sums[i] }
  return total.laneSum
}
