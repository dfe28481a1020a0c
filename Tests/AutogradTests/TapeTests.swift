import Autograd
import TestSupport
import Testing

/// Single operations: their values, and their derivatives against differences.
@Suite struct TapeTests {
  typealias Number = Value<Double>
  typealias Function = @Sendable (Number, Number) -> Number

  struct Operation: Sendable, CustomStringConvertible {
    let description: String
    let expected: @Sendable (Double, Double) -> Double
    let recorded: Function
  }

  static let operations: [Operation] = [
    .init(description: "a + b", expected: { $0 + $1 }, recorded: { $0 + $1 }),
    .init(description: "a − b", expected: { $0 - $1 }, recorded: { $0 - $1 }),
    .init(description: "a b", expected: { $0 * $1 }, recorded: { $0 * $1 }),
    .init(description: "a / b", expected: { $0 / $1 }, recorded: { $0 / $1 }),
    .init(description: "a + 3", expected: { a, _ in a + 3 }, recorded: { a, _ in a + 3 }),
    .init(description: "a − 3", expected: { a, _ in a - 3 }, recorded: { a, _ in a - 3 }),
    .init(description: "3 a", expected: { a, _ in a * 3 }, recorded: { a, _ in a * 3 }),
    .init(description: "a / 3", expected: { a, _ in a / 3 }, recorded: { a, _ in a / 3 }),
    .init(description: "√a", expected: { a, _ in a.squareRoot() }, recorded: { a, _ in a.squareRoot() }),
    .init(description: "relu a", expected: { a, _ in max(a, 0) }, recorded: { a, _ in a.relu() }),
    .init(description: "relu −a", expected: { a, _ in max(-a, 0) }, recorded: { a, _ in (a * -1).relu() }),
    .init(description: "log exp a", expected: { a, _ in a }, recorded: { a, _ in a.exponential().logarithm() }),
    .init(description: "exp log a", expected: { a, _ in a }, recorded: { a, _ in a.logarithm().exponential() }),
    .init(
      description: "sum", expected: { a, b in a + b + a }, recorded: { a, b in sum([a, b, a]) }),
    .init(
      description: "dot", expected: { a, b in a * b + b * a + a * a },
      recorded: { a, b in dot([a, b, a], [b, a, a]) }),
  ]

  /// The error of a central difference is about h² = 1e-10 of these functions, whose third derivatives are below 10,
  /// and rounding about 1e-16 / h.
  @Test(arguments: operations)
  func operation(_ operation: Operation) {
    var random = SeededRandom(seed: 1)
    for _ in 0..<20 {
      let (x, y) = (Double.random(in: 0.5...2, using: &random), Double.random(in: 0.5...2, using: &random))
      let tape = Tape<Double>()
      let (a, b) = (tape.input(x), tape.input(y))
      let result = operation.recorded(a, b)
      #expect(abs(result.number - operation.expected(x, y)) < 1e-14)
      tape.backward(from: result)
      let h = 1e-5
      let byA = (operation.expected(x + h, y) - operation.expected(x - h, y)) / (2 * h)
      let byB = (operation.expected(x, y + h) - operation.expected(x, y - h)) / (2 * h)
      #expect(abs(a.gradient - byA) < 1e-8)
      #expect(abs(b.gradient - byB) < 1e-8)
    }
  }

  /// exp and log each, which the pairs above cannot tell from other inverses of each other.
  @Test func exponentialAndLogarithm() {
    let tape = Tape<Double>()
    let one = tape.input(1)
    let power = one.exponential()
    let logarithm = power.logarithm()
    #expect(abs(power.number - 2.718281828459045) < 1e-15)
    tape.backward(from: power)
    #expect(one.gradient == power.number)
    tape.backward(from: logarithm)
    #expect(power.gradient == 1 / power.number)
  }

  /// A value that is used twice gets both gradients; one that is used nowhere, none; and each walk begins anew.
  @Test func uses() {
    let tape = Tape<Double>()
    let (x, unused) = (tape.input(3), tape.input(5))
    let y = x * x + x
    for scale in [1.0, 0.25] {
      tape.backward(from: y, scale: scale)
      #expect(x.gradient == 7 * scale)
      #expect(unused.gradient == 0)
    }
  }

  @Test func forgetting() {
    let tape = Tape<Double>()
    let x = tape.input(3)
    _ = x * x * x
    #expect(tape.count == 3)
    tape.forget(downTo: 1)
    x.number = 4
    let square = x * x
    tape.backward(from: square)
    #expect((tape.count, square.number, x.gradient) == (2, 16, 8))
  }
}
