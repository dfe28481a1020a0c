import CSIMD

/// Takes the lines of a block of whole lines, and those of its copy, one for each of its columns.
public func takeBlock(_ block: ElementBlock, in elements: MutableFloats, _ copy: AdamPrefetch) {
  if let lines = copy.lines { takeLines(lines, block.columns, stride: copy.stride) }
  for row in 0..<block.rows {
    takeLines(elements + block.first + row * block.stride, block.columns / Vector.count)
  }
}

/// Takes the lines of (count) floats that will be overwritten, all of them: what they hold is lost.
///
/// - Parameter target: (count), from the beginning of a line to the end of one.
public func takeOver(count: Int, _ target: MutableFloats) {
  for line in stride(from: 0, to: count, by: Vector.count) { csimd_take_over(target + line) }
}

/// Asks for the lines of a block, to read them.
public func prefetchBlock(_ block: ElementBlock, in elements: Floats) {
  for row in 0..<block.rows {
    let first = elements + block.first + row * block.stride
    for line in stride(from: 0, to: block.columns, by: Vector.count) { csimd_prefetch_to_read(first + line) }
  }
}

/// Takes cache lines, each of which this core will write soon, from the cores that read them.
///
/// A core has a line for itself before a store to it ends, and stores end in their order. Where every line waits for
/// another core's cache, so does every store after it: 0.05 µs per line in Adam, where moments are stored between
/// parameters. Stores of nothing new, one for each line and one right after the other, wait together; and under a
/// product of matrices, which stores nothing until it is done, they cost nothing.
///
/// - Parameters:
///   - first: in the first line; all lines are only ever written by this core.
///   - stride: floats from line to line.
@inline(__always)
func takeLines(_ first: MutableFloats, _ count: Int, stride: Int = Vector.count) {
  for index in 0..<count { csimd_take(first + index * stride) }
}
