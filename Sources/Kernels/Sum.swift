import CSIMD

/// Elements of an array that belong together: rows of (columns), `stride` elements apart.
public struct ElementBlock: Sendable {
  /// The first element.
  public var first: Int
  public var rows: Int
  /// A multiple of 16 where there are several rows.
  public var columns: Int
  public var stride: Int

  public init(first: Int, rows: Int, columns: Int, stride: Int) {
    (self.first, self.rows, self.columns, self.stride) = (first, rows, columns, stride)
  }

  /// Elements that follow each other.
  public init(_ range: Range<Int>) {
    self.init(first: range.lowerBound, rows: 1, columns: range.count, stride: range.count)
  }

  public var count: Int { rows * columns }
}

/// Adds several arrays up: target[i] = ((s₀[i] + s₁[i]) + s₂[i]) + …
///
/// Each sum waits for the one before. Four vectors' sums run side by side.
///
/// - Parameters:
///   - block: which elements of each source.
///   - sources: at least one, added up in this order.
///   - target: (block.count), row after row; overwritten; may be the block of one of the sources where it is one row.
///   - following: elements after the block that the next call adds up.
public func sum(_ block: ElementBlock, sources: UnsafeBufferPointer<Floats>, target: MutableFloats, following: Int = 0)
{
  let perRow = max(block.columns / Vector.count, 1)
  let vectors = block.rows * block.columns / Vector.count
  @inline(__always) func element(_ vector: Int) -> Int {
    block.rows == 1
      ? block.first + vector * Vector.count
      : block.first + vector / perRow * block.stride + vector % perRow * Vector.count
  }
  let end = block.rows == 1 ? block.first + block.columns + following : 0
  var vector = 0
  while vector + 4 <= vectors {
    let (a, b, c, d) = (element(vector), element(vector + 1), element(vector + 2), element(vector + 3))
    let ahead = a + prefetchDistance
    let asks = ahead + 4 * Vector.count <= end
    let first = sources[0]
    var sums = (Vector(first + a), Vector(first + b), Vector(first + c), Vector(first + d))
    for index in 1..<max(sources.count, 1) {
      let source = sources[index]
      if asks { for line in 0..<4 { csimd_prefetch_to_read(source + ahead + line * Vector.count) } }
      sums.0 += Vector(source + a)
      sums.1 += Vector(source + b)
      sums.2 += Vector(source + c)
      sums.3 += Vector(source + d)
    }
    let place = target + vector * Vector.count
    sums.0.store(place)
    sums.1.store(place + Vector.count)
    sums.2.store(place + 2 * Vector.count)
    sums.3.store(place + 3 * Vector.count)
    vector += 4
  }
  while vector < vectors {
    let own = element(vector)
    var sum = Vector(sources[0] + own)
    for source in sources.dropFirst() { sum += Vector(source + own) }
    sum.store(target + vector * Vector.count)
    vector += 1
  }
  for i in vectors * Vector.count..<block.count {
    var sum = sources[0][block.first + i]
    for source in sources.dropFirst() { sum += source[block.first + i] }
    target[i] = sum
  }
}

/// Floats ahead: about a microsecond.
let prefetchDistance = 512

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
