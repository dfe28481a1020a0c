import Kernels
import TestSupport
import Testing

/// RMSNorm and its backward pass against the scalar twin.
@Suite struct NormTests {
  /// The norm in double precision: values, and the factor of each row.
  static func exact(rows: Int, width: Int, x: [Float]) -> (y: [Double], inverse: [Double]) {
    let x = x.map(Double.init)
    var y = [Double](repeating: 0, count: rows * width)
    var inverse: [Double] = []
    for row in 0..<rows {
      let range = row * width..<(row + 1) * width
      var result = Array(x[range])
      inverse.append(Scalar<Double>.rmsNorm(width: width, x: Array(x[range]), y: &result))
      y.replaceSubrange(range, with: result)
    }
    return (y, inverse)
  }

  /// Squares sum up without cancellation: width roundings at most under the root, which halves them, and a few
  /// of the mean, the root, the quotient and the product.
  static func tolerance(width: Int, value: Double) -> Double {
    roundingBound(terms: width / 2 + 8, magnitude: abs(value))
  }

  /// Magnitudes at which ε does and does not count.
  @Test(arguments: awkwardCounts, vectorWidths)
  func forward(rows: Int, width: Int) {
    for (magnitude, placement) in zip([1, 1e-4, 300, 3e-3] as [Float], GuardPlacement.allCases) {
      var random = SeededRandom(seed: UInt64(rows * 1000 + width))
      let x = random.floats(rows * width, magnitude: magnitude)
      let expected = Self.exact(rows: rows, width: width, x: x)
      withGuardedMemory(placement) { memory in
        let (y, inverse) = (memory.unwritten(rows * width), memory.unwritten(rows))
        rmsNorm(rows: rows, width: width, x: memory.array(x), y: y, inverse: inverse)
        let values = firstMismatch(array(y, rows * width), expected.y) {
          Self.tolerance(width: width, value: expected.y[$0])
        }
        let factors = firstMismatch(array(inverse, rows), expected.inverse) {
          Self.tolerance(width: width, value: expected.inverse[$0])
        }
        #expect(values == nil, "\(rows) × \(width) of \(magnitude)")
        #expect(factors == nil, "\(rows) × \(width) of \(magnitude)")
        #expect(memory.isIntact, "\(rows) × \(width), \(placement)")

        let inPlace = memory.array(x)
        rmsNorm(rows: rows, width: width, x: inPlace, y: inPlace, inverse: inverse)
        #expect(firstDifference(array(inPlace, rows * width), array(y, rows * width)) == nil)
      }
    }
  }

  /// ε keeps a row of zeros at zero.
  @Test func zeros() {
    withGuardedMemory(.beforeGuard) { memory in
      let (y, inverse) = (memory.unwritten(32), memory.unwritten(1))
      rmsNorm(rows: 1, width: 32, x: memory.array([Float](repeating: 0, count: 32)), y: y, inverse: inverse)
      #expect(array(y, 32).allSatisfy { $0 == 0 })
      #expect(abs(Double(inverse[0]) - 1 / 1e-5.squareRoot()) < 1e-4)
    }
  }

  /// The kernel's aliasing rules: which arrays may be one.
  enum Aliasing: CaseIterable { case none, withoutResidual, residualIsTarget, gradientIsTarget }

  @Test(arguments: awkwardCounts, vectorWidths)
  func backward(rows: Int, width: Int) {
    var random = SeededRandom(seed: UInt64(rows * 1000 + width))
    let (dy, y) = (random.floats(rows * width), random.floats(rows * width, magnitude: 1.7))
    let inverse = random.floats(rows).map { abs($0) * 4 + 0.1 }
    let residual = random.floats(rows * width)
    for (aliasing, placement) in zip(Aliasing.allCases, GuardPlacement.allCases) {
      let expected = exactBackward(
        width: width, dy: dy, y: y, inverse: inverse, residual: aliasing == .withoutResidual ? nil : residual)
      withGuardedMemory(placement) { memory in
        let dyPointer = memory.array(dy)
        let residualPointer = aliasing == .withoutResidual ? nil : memory.array(residual)
        let dx =
          switch aliasing {
          case .none, .withoutResidual: memory.unwritten(rows * width)
          case .residualIsTarget: residualPointer ?? dyPointer
          case .gradientIsTarget: dyPointer
          }
        rmsNormBackward(
          rows: rows, width: width, dy: dyPointer, y: memory.array(y), inverse: memory.array(inverse),
          residual: residualPointer.map { UnsafePointer($0) }, dx: dx)
        // mean(dy · y) takes `width` roundings, the rest of an element a few more.
        let mismatch = firstMismatch(array(dx, rows * width), expected, terms: width + 8)
        #expect(mismatch == nil, "\(rows) × \(width), \(aliasing)")
        #expect(memory.isIntact, "\(rows) × \(width), \(aliasing), \(placement)")
      }
    }
  }

  /// The twin's gradient; it accumulates onto the residual. Magnitudes add what the twin subtracts.
  private func exactBackward(
    width: Int, dy: [Float], y: [Float], inverse: [Float], residual: [Float]?
  ) -> Exact {
    let zeros = [Float](repeating: 0, count: dy.count)
    var values = (residual ?? zeros).map(Double.init)
    var magnitudes = values.map { abs($0) }
    let (exactDy, exactY) = (dy.map(Double.init), y.map(Double.init))
    for row in 0..<inverse.count {
      let range = row * width..<(row + 1) * width
      var dx = Array(values[range])
      Scalar<Double>.rmsNormBackward(
        width: width, dy: Array(exactDy[range]), y: Array(exactY[range]), inverse: Double(inverse[row]), dx: &dx)
      values.replaceSubrange(range, with: dx)
      let mean = range.reduce(0) { $0 + abs(exactDy[$1] * exactY[$1]) } / Double(width)
      for i in range { magnitudes[i] += Double(inverse[row]) * (abs(exactDy[i]) + abs(exactY[i]) * mean) }
    }
    return Exact(values: values, magnitudes: magnitudes)
  }
}
