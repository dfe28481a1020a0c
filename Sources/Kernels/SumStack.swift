/// Adds blocks of floats up that come one after the other, in an order that brackets may give: a stack of blocks, of which
/// the two on top are added when a bracket closes.
///
/// A sum from left to right folds once after every block but the first; a tree folds wherever a node is complete.
struct SumStack {
  /// The blocks, one after the other, of `size` floats each, a multiple of 16.
  private let blocks: MutableFloats
  private let size: Int
  private var height = 0

  /// - Parameter blocks: one more than brackets are ever open, of `size` floats.
  @inline(__always)
  init(_ blocks: MutableFloats, size: Int) { (self.blocks, self.size) = (blocks, size) }

  /// Takes the next block and closes `folds` brackets after it.
  ///
  /// - Parameters:
  ///   - put: writes the block to a place.
  ///   - add: adds the block to what a place has.
  @inline(__always)
  mutating func take(folds: Int, put: (MutableFloats) -> Void, add: (MutableFloats) -> Void) {
    guard folds > 0, height > 0 else {
      put(blocks + height * size)
      height += 1
      return
    }
    add(blocks + (height - 1) * size)
    for _ in 1..<folds where height > 1 {
      let (left, right) = (blocks + (height - 2) * size, blocks + (height - 1) * size)
      Kernels.add(count: size, Floats(left), Floats(right), target: left)
      height -= 1
    }
  }
}
