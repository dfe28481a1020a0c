/// Random numbers without state: a value is a function of (seed, stream, counter) alone.
///
/// Any rank can therefore compute any number, in any order, and all ranks agree.
public struct CounterRandom: Sendable {
  /// What the numbers are for; streams of one seed are independent.
  public enum Stream: UInt64, Sendable {
    case parameters = 1
    case batches = 2
    case generation = 3
    case search = 4
    case noise = 5
  }

  private let key: UInt64

  public init(seed: UInt64, stream: Stream) {
    key = Self.mix(Self.mix(seed) &+ stream.rawValue)
  }

  /// 64 random bits.
  public func bits(_ counter: UInt64) -> UInt64 {
    Self.mix(key &+ counter &* 0x9e37_79b9_7f4a_7c15)
  }

  /// Uniform in (0, 1).
  public func uniform(_ counter: UInt64) -> Double {
    (Double(bits(counter) >> 11) + 0.5) * 0x1p-53
  }

  /// Uniform in (0, 1), as a `Float` below 1.
  @inline(__always)
  func fraction(_ counter: UInt64) -> Float {
    (Float(bits(counter) >> 41) + 0.5) * 0x1p-23
  }

  /// Standard normal, by Box and Muller's transform.
  public func normal(_ counter: UInt64) -> Double {
    let radius = (-2 * BasicMath.logarithm(uniform(2 * counter))).squareRoot()
    return radius * BasicMath.cosine(turns: uniform(2 * counter + 1))
  }

  /// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): a bijection in which each input bit changes
  /// half of the output bits.
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

extension Shape {
  /// Standard deviation of a new model's parameters.
  public static let initialDeviation = 0.08

  /// Writes initial parameters, each normal with mean 0 and standard deviation `initialDeviation`.
  ///
  /// - Parameters:
  ///   - parameters: (P)
  ///   - spans: which of them; nil for all.
  public func initialise(_ parameters: UnsafeMutablePointer<Float>, spans: [Range<Int>]? = nil, seed: UInt64) {
    let random = CounterRandom(seed: seed, stream: .parameters)
    for i in (spans ?? [0..<parameterCount]).joined() {
      parameters[i] = Float(Shape.initialDeviation * random.normal(UInt64(i)))
    }
  }
}
