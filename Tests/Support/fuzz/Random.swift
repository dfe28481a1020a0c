/// Numbers that follow from a seed alone, on every machine.
///
/// Source: SplitMix64 (Steele, Lea and Flood, 2014).
struct Random {
  private var state: UInt64

  /// The numbers of one input: input `number` is the same whichever inputs came before it.
  init(seed: UInt64, number: Int) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(number) &* 0xD1B5_4A32_D192_ED03
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// 0 ..< bound; `bound` at least 1.
  mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next() >> 1) % bound }

  /// True once in `count` times.
  mutating func once(in count: Int) -> Bool { below(count) == 0 }

  mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

  /// 1 ... most, every order of magnitude equally often.
  mutating func size(upTo most: Int) -> Int {
    let bits = below(Int.bitWidth - most.leadingZeroBitCount) + 1
    return min(most, 1 + below(1 << bits))
  }

  /// A range of `count` places, seldom a long one.
  mutating func range(in count: Int) -> Range<Int> {
    let start = below(count + 1)
    return start..<min(count, start + size(upTo: 64))
  }
}
