extension Plain {
  /// What a product is made of, and where it goes.
  public struct Product {
    /// Rows and columns of the target, and terms of each sum.
    public var rows, columns, depth: Int
    /// Element (i, k) at `i · leftRow + k · leftDepth`.
    public var left: Floats
    public var leftRow, leftDepth: Int
    /// Element (k, j) at `k · rightRow + j`.
    public var right: Floats
    public var rightRow: Int

    public init(
      rows: Int, columns: Int, depth: Int, left: Floats, leftRow: Int, leftDepth: Int = 1, right: Floats, rightRow: Int
    ) {
      (self.rows, self.columns, self.depth) = (rows, columns, depth)
      (self.left, self.leftRow, self.leftDepth) = (left, leftRow, leftDepth)
      (self.right, self.rightRow) = (right, rightRow)
    }
  }

  /// target = left · right: each element is one chain of multiply-adds that begins at 0, in the order of k.
  ///
  /// - Parameters:
  ///   - target: (rows, columns), rows `targetRow` floats apart; overwritten.
  ///   - finish: what becomes of the sum at (row, column).
  public static func product(
    _ p: Product, target: MutableFloats, targetRow: Int, finish: (_ sum: Float, _ row: Int, _ column: Int) -> Float
  ) {
    for i in 0..<p.rows {
      for j in 0..<p.columns {
        var sum: Float = 0
        for k in 0..<p.depth {
          sum = multiplyAdd(sum, p.left[i * p.leftRow + k * p.leftDepth], p.right[k * p.rightRow + j])
        }
        target[i * targetRow + j] = finish(sum, i, j)
      }
    }
  }
}
