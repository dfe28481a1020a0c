import Kernels
import TestSupport

/// The scalar twin over all rows, in double precision.
///
/// - Parameters:
///   - x: (R, K), rows `xRow` apart; weights: (N, K).
/// - Returns: (R, N).
func exactLinear(rows: Int, inputs: Int, outputs: Int, x: [Float], xRow: Int, weights: [Float]) -> Exact {
  Exact([x, weights]) { arrays in
    var y = [Double](repeating: 0, count: rows * outputs)
    arrays[0].withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        for row in 0..<rows {
          Scalar<Double>.linear(
            inputs: inputs, outputs: outputs, x: x + row * xRow, weights: arrays[1], y: y + row * outputs)
        }
      }
    }
    return y
  }
}

/// The twin's gradients, in double precision: of the input, (R, K), and of the weights, (N, K).
///
/// - Parameter dyRow: floats from row to row of dy.
func exactLinearBackward(
  rows: Int, inputs: Int, outputs: Int, dy: [Float], dyRow: Int, x: [Float], weights: [Float]
) -> (dx: Exact, dWeights: Exact) {
  let both = Exact([dy, x, weights]) { arrays in
    var gradients = [Double](repeating: 0, count: rows * inputs + outputs * inputs)
    arrays[0].withUnsafeBufferPointer { dy in
      arrays[1].withUnsafeBufferPointer { x in
        gradients.withUnsafeMutableBufferPointer { gradients in
          guard let dy = dy.baseAddress, let x = x.baseAddress, let dx = gradients.baseAddress else { return }
          for row in 0..<rows {
            Scalar<Double>.linearBackward(
              inputs: inputs, outputs: outputs, dy: dy + row * dyRow, x: x + row * inputs, weights: arrays[2],
              dx: dx + row * inputs, dWeights: dx + rows * inputs)
          }
        }
      }
    }
    return gradients
  }
  let split = rows * inputs
  return (
    Exact(values: Array(both.values[..<split]), magnitudes: Array(both.magnitudes[..<split])),
    Exact(values: Array(both.values[split...]), magnitudes: Array(both.magnitudes[split...]))
  )
}

/// The transpose of (N, K) in panels, as the forward kernels read it; K is a multiple of 16. The layout is the
/// kernels' own, so it takes their transpose to write it; N is rounded up, with zeros in what is added.
func packed(_ weights: [Float], inputs: Int, outputs: Int) -> [Float] {
  let rounded = (outputs + 15) / 16 * 16
  var result = [Float](repeating: 0, count: inputs * rounded)
  transpose(
    rows: 0, count: outputs, outputs: rounded, inputs: inputs, layout: .panels, source: weights, target: &result)
  return result
}

/// What a kernel wrote.
func array(_ pointer: UnsafePointer<Float>, _ count: Int) -> [Float] {
  Array(UnsafeBufferPointer(start: pointer, count: count))
}
