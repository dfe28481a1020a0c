import Kernels

/// A number on a tape, no longer than which it may be used. Its operators compute, and record what they did.
public struct Value<Real: ScalarReal> {
  private let nodes: UnsafeMutablePointer<[Node<Real>]>
  let index: Int32

  /// Records an operation with up to two operands.
  init(
    _ number: Real, in nodes: UnsafeMutablePointer<[Node<Real>]>, _ first: Operand<Real>? = nil,
    _ second: Operand<Real>? = nil
  ) {
    self.nodes = nodes
    index = Int32(nodes.pointee.count)
    nodes.pointee.append(Node(value: number, first: first, second: second))
  }

  public var number: Real {
    get { nodes.pointee[Int(index)].value }
    nonmutating set { nodes.pointee[Int(index)].value = newValue }
  }

  /// After the tape's `backward`: the derivative of its result by this value.
  public var gradient: Real { nodes.pointee[Int(index)].gradient }
}

extension Value {
  public static func + (a: Value, b: Value) -> Value {
    Value(a.number + b.number, in: a.nodes, a.operand(1), b.operand(1))
  }

  public static func - (a: Value, b: Value) -> Value {
    Value(a.number - b.number, in: a.nodes, a.operand(1), b.operand(-1))
  }

  public static func * (a: Value, b: Value) -> Value {
    Value(a.number * b.number, in: a.nodes, a.operand(b.number), b.operand(a.number))
  }

  public static func / (a: Value, b: Value) -> Value {
    let quotient = a.number / b.number
    return Value(quotient, in: a.nodes, a.operand(1 / b.number), b.operand(-quotient / b.number))
  }

  public func exponential() -> Value {
    let power = Real.exponential(number)
    return Value(power, in: nodes, operand(power))
  }

  /// Natural.
  public func logarithm() -> Value { Value(Real.logarithm(number), in: nodes, operand(1 / number)) }

  public func squareRoot() -> Value {
    let root = number.squareRoot()
    return Value(root, in: nodes, operand(0.5 / root))
  }

  /// max(x, 0), with the derivative 0 at 0.
  public func relu() -> Value {
    number > 0 ? Value(number, in: nodes, operand(1)) : Value(0, in: nodes, operand(0))
  }

  /// This value as an operand.
  ///
  /// - Parameter derivative: of what is computed from it, by it.
  private func operand(_ derivative: Real) -> Operand<Real> { Operand(node: index, derivative: derivative) }
}

/// With a constant, which is no node.
extension Value {
  public static func + (a: Value, constant: Real) -> Value {
    Value(a.number + constant, in: a.nodes, a.operand(1))
  }

  public static func - (a: Value, constant: Real) -> Value {
    Value(a.number - constant, in: a.nodes, a.operand(1))
  }

  public static func * (a: Value, constant: Real) -> Value {
    Value(a.number * constant, in: a.nodes, a.operand(constant))
  }

  public static func / (a: Value, constant: Real) -> Value {
    Value(a.number / constant, in: a.nodes, a.operand(1 / constant))
  }
}

/// Σ values; at least one.
public func sum<Real>(_ values: [Value<Real>]) -> Value<Real> {
  var total = values[0]
  for value in values.dropFirst() { total = total + value }
  return total
}

/// Σ aᵢ bᵢ; at least one.
public func dot<Real>(_ a: [Value<Real>], _ b: [Value<Real>]) -> Value<Real> {
  var total = a[0] * b[0]
  for i in 1..<a.count { total = total + a[i] * b[i] }
  return total
}
