import CSIMD

/// `width` vectors side by side: one row of a GEMM tile, and one row of the operand it is fed with.
protocol Panel {
  /// Vectors in a row.
  static var width: Int { get }
  /// Rows of the tallest tile whose sums, with one row of the operand, fit the registers.
  static var tallest: Int { get }
  init()
  init(_ source: Floats)
  mutating func add(_ factor: Float, _ row: Self)
  /// The same, before anything that comes behind it.
  mutating func addNow(_ factor: Float, _ row: Self)
  mutating func add(_ row: Self)
  mutating func clampNegative()
  mutating func keep(wherePositive mask: Self)
  func store(_ target: MutableFloats)
}

struct Panel1: Panel {
  var v0: Vector
  static var width: Int { 1 }
  static var tallest: Int { Registers.tallest(panelWidth: 1) }
  @inline(__always) init() { v0 = .zero }
  @inline(__always) init(_ source: Floats) { v0 = Vector(source) }
  @inline(__always) mutating func add(_ factor: Float, _ row: Panel1) {
    v0 = multiplyAdd(v0, factor, row.v0)
  }
  @inline(__always) mutating func addNow(_ factor: Float, _ row: Panel1) {
    v0 = csimd_now(multiplyAdd(v0, factor, row.v0))
  }
  @inline(__always) mutating func add(_ row: Panel1) { v0 += row.v0 }
  @inline(__always) mutating func clampNegative() { v0 = relu(v0) }
  @inline(__always) mutating func keep(wherePositive mask: Panel1) {
    v0 = reluGradient(v0, output: mask.v0)
  }
  @inline(__always) func store(_ target: MutableFloats) { v0.store(target) }
}

/// Two panels side by side; `Panel2`, `Panel3` and `Panel4` are made of it.
struct Pair<Left: Panel, Right: Panel>: Panel {
  var left: Left
  var right: Right
  static var width: Int { Left.width + Right.width }
  static var tallest: Int { Registers.tallest(panelWidth: width) }
  @inline(__always) init() {
    left = Left()
    right = Right()
  }
  @inline(__always) init(_ source: Floats) {
    left = Left(source)
    right = Right(source + Left.width * Vector.count)
  }
  @inline(__always) mutating func add(_ factor: Float, _ row: Self) {
    left.add(factor, row.left)
    right.add(factor, row.right)
  }
  @inline(__always) mutating func addNow(_ factor: Float, _ row: Self) {
    left.addNow(factor, row.left)
    right.addNow(factor, row.right)
  }
  @inline(__always) mutating func add(_ row: Self) {
    left.add(row.left)
    right.add(row.right)
  }
  @inline(__always) mutating func clampNegative() {
    left.clampNegative()
    right.clampNegative()
  }
  @inline(__always) mutating func keep(wherePositive mask: Self) {
    left.keep(wherePositive: mask.left)
    right.keep(wherePositive: mask.right)
  }
  @inline(__always) func store(_ target: MutableFloats) {
    left.store(target)
    right.store(target + Left.width * Vector.count)
  }
}

typealias Panel2 = Pair<Panel1, Panel1>
typealias Panel3 = Pair<Panel2, Panel1>
typealias Panel4 = Pair<Panel2, Panel2>
