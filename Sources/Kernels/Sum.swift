import CSIMD

/// Adds several arrays up: target[i] = ((s₀[i] + s₁[i]) + s₂[i]) + …
///
/// - Parameters:
///   - count: any.
///   - sources: at least one, added up in this order; (count) each.
///   - offset: where in each source its `count` elements begin.
///   - target: (count), overwritten; may be one of the sources.
public func sum(count: Int, sources: UnsafeBufferPointer<Floats>, offset: Int, target: MutableFloats) {
  var i = 0
  while i + Vector.count <= count {
    let ahead = offset + min(i + 512, count - 1)
    var sum = Vector(sources[0] + offset + i)
    for source in 1..<sources.count {
      csimd_prefetch_to_read(sources[source] + ahead)
      sum += Vector(sources[source] + offset + i)
    }
    sum.store(target + i)
    i += Vector.count
  }
  while i < count {
    var sum = sources[0][offset + i]
    for source in 1..<sources.count { sum += sources[source][offset + i] }
    target[i] = sum
    i += 1
  }
}

/// target[i] = a[i] + b[i]
///
/// - Parameters:
///   - count: any.
///   - a, b: (count)
///   - target: (count), overwritten; may be a or b.
public func add(count: Int, _ a: Floats, _ b: Floats, target: MutableFloats) {
  var i = 0
  while i + Vector.count <= count {
    (Vector(a + i) + Vector(b + i)).store(target + i)
    i += Vector.count
  }
  while i < count {
    target[i] = a[i] + b[i]
    i += 1
  }
}

/// sums[i] += values[i], in double precision.
///
/// - Parameters:
///   - count: any.
///   - values: (count)
///   - sums: (count), added to.
public func accumulate(count: Int, _ values: Floats, sums: UnsafeMutablePointer<Double>) {
  for i in 0..<count { sums[i] += Double(values[i]) }
}
