import Foundation
import Kernels
import Testing

/// The vector exponential against the C library's in double precision, over its whole range.
@Suite struct ExponentialTests {
  /// For −87…88: the polynomial's 1.1e-7 and the roundings of its last steps. The promise is 1e-6.
  static let bound = 2.5e-7

  /// The largest relative error over the given floats, and where; infinite where a result is not a number.
  static func worst(_ inputs: some Sequence<Float>) -> (error: Double, at: Float) {
    var worst = (error: 0.0, at: Float(0))
    var batch = Vector.zero
    var used = 0
    func check() {
      let result = exponential(batch)
      for lane in 0..<used {
        let exact = exp(Double(batch[lane]))
        let error = abs(Double(result[lane]) - exact) / exact
        if !(error <= worst.error) { worst = (error.isNaN ? .infinity : error, batch[lane]) }
      }
      used = 0
    }
    for x in inputs {
      batch[used] = x
      used += 1
      if used == Vector.count { check() }
    }
    check()
    return worst
  }

  /// One float of each 97 with its sign: over 23 million.
  @Test(arguments: [88, -87] as [Float])
  func wholeRange(limit: Float) {
    let zero: Float = limit < 0 ? -0.0 : 0
    let patterns = stride(from: zero.bitPattern, through: limit.bitPattern, by: 97)
    let worst = Self.worst(patterns.lazy.map { Float(bitPattern: $0) })
    #expect(worst.error <= Self.bound, "at \(worst.at)")
  }

  /// Where the rounding to n·ln 2 + f jumps, every float around; and at the ends of the range.
  @Test func seams() {
    var seams: [Float] = [-87, 88, 0]
    for n in -125...126 { seams.append(Float((Double(n) + 0.5) * log(2.0))) }
    var inputs: [Float] = []
    for seam in seams {
      var (up, down) = (seam, seam)
      for _ in 0..<2000 {
        inputs += [up, down]
        (up, down) = (up.nextUp, down.nextDown)
      }
    }
    let worst = Self.worst(inputs.filter { (-87...88).contains($0) })
    #expect(worst.error <= Self.bound, "at \(worst.at)")
  }

  /// exp(0) is what a row's maximum becomes, and must not be nearly 1.
  @Test func ofZero() {
    #expect(exponential(Vector(repeating: 0)) == Vector(repeating: 1))
    #expect(exponential(Vector(repeating: -0.0)) == Vector(repeating: 1))
  }

  /// Smaller numbers count as −87: masked scores of −1e30 among them.
  @Test(arguments: [-87.0001, -88, -103, -104, -1000, -1e10, -1e30, -Float.greatestFiniteMagnitude, -Float.infinity])
  func belowTheRange(x: Float) {
    let floor = exponential(Vector(repeating: -87))
    #expect(exponential(Vector(repeating: x)) == floor)
    #expect(abs(Double(floor[0]) / exp(-87.0) - 1) <= Self.bound)
    #expect(floor[0].isNormal)
  }

  /// Lanes do not disturb each other.
  @Test func lanes() {
    var x = Vector.zero
    for lane in 0..<Vector.count { x[lane] = Float(lane) * 11 - 87 }
    let together = exponential(x)
    for lane in 0..<Vector.count {
      #expect(together[lane] == exponential(Vector(repeating: x[lane]))[lane])
    }
  }
}
