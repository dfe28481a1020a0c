/// Reads `count` floats one after the other, `passes` times, and adds them up: what a core can read per second from
/// wherever they lie. There are more chains than an addition takes cycles, so that only the reading takes time.
///
/// - Parameters:
///   - source: (count), best on a cache line.
///   - count: a multiple of `streamGrain`, at least one.
///   - passes: at least one.
/// - Returns: their sum, so that nothing can be left out.
@inline(never)
public func readStream(_ source: UnsafePointer<Float>, count: Int, passes: Int) -> Float {
  var sums = InlineArray<8, Vector>(repeating: .zero)
  var pass = 0
  repeat {
    var next = source
    let end = source + count
    repeat {
      for i in 0..<8 { sums[i] += Vector(next + i * Vector.count) }
      next += streamGrain
    } while next < end
    pass += 1
  } while pass < passes
  var total = Vector.zero
  for i in 0..<8 { total += sums[i] }
  return total.laneSum
}

/// Floats that `readStream` takes at a time.
public let streamGrain = 8 * Vector.count
