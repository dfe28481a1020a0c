import CSIMD

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
