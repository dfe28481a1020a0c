/// Random numbers for tests: the same on every machine and in every run, so that a failure can be repeated.
public struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) {
    // Neighbouring seeds must not give neighbouring sequences.
    state = (seed &+ 1) &* 0x9e37_79b9_7f4a_7c15
    for _ in 0..<4 { _ = next() }
  }

  /// Marsaglia's xorshift (2003) with a multiplied output: the high bits are good, which is all tests need.
  public mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }

  /// Uniform in −1…1 times `magnitude`, both signs.
  public mutating func float(_ magnitude: Float = 1) -> Float { Float.random(in: -1...1, using: &self) * magnitude }

  public mutating func floats(_ count: Int, magnitude: Float = 1) -> [Float] {
    (0..<count).map { _ in float(magnitude) }
  }

  /// Uniform in 0..<bound.
  public mutating func int(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  public mutating func indices(_ count: Int, below bound: Int) -> [Int32] {
    (0..<count).map { _ in Int32(int(below: bound)) }
  }

  /// A name's letters, 0…25, `length` letters drawn from the range. Few distinct letters make shared prefixes likely.
  public mutating func letters(length: ClosedRange<Int>, alphabet: Int = 26) -> [UInt8] {
    let count = Int.random(in: length, using: &self)
    return (0..<count).map { _ in UInt8(int(below: alphabet)) }
  }
}
