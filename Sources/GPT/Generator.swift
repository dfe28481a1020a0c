import CSIMD
import Kernels

/// Writes new names from trained parameters, many at a time, letter by letter.
///
/// What is computed for a prefix is kept, and serves every name that begins with it: of the positions of 100,000 names
/// about a tenth have a prefix that was not seen before. Each letter of each name has a random number of its own, so
/// that a name depends on the parameters, the seed, the temperature and its number alone. No name is empty: where the
/// first token drawn is the end, another number draws among letters alone.
public final class Generator {
  public let shape: Shape
  private let random: CounterRandom
  private let inverseTemperature: Float
  private let sharing: Bool
  private let model: PrefixModel
  private let memory: PrefixMemory
  /// Nil unless names come with their probabilities.
  private let scores: PrefixScores?
  /// (32): cumulative probabilities of the first token, the end left out.
  private let firstLetters = AlignedBuffer<Float>(zeros: logitsRow)
  /// Tokens drawn so far, ends of names included.
  public private(set) var drawn = 0
  /// Prefixes whose distribution was computed so far.
  public private(set) var computed = 0

  /// Names of one batch.
  private static let batch = 2048
  /// Bytes of a name's tokens: the boundary, 16 letters, and what a vector reads past them.
  private static let spellingRow = 32
  /// In the number of a random number: of the second draw of a first letter. Names have smaller numbers.
  private static let secondDraw: UInt64 = 1 << 63
  /// The most prefixes that are kept unless told otherwise: 64 MiB.
  public static let usualPrefixes = 1 << 18

  // Of each name of the batch: its tokens, the number of its letters, and its prefix in the memory.
  private let spelling = AlignedBuffer<UInt8>(zeros: batch * spellingRow)
  private let lengths = AlignedBuffer<UInt8>(zeros: batch)
  private let prefixes = AlignedBuffer<Int32>(zeros: batch)
  // The logarithms of its probability so far.
  private let modelScores = AlignedBuffer<Double>(zeros: batch)
  private let drawnScores = AlignedBuffer<Double>(zeros: batch)
  /// The names that have not ended.
  private let open = AlignedBuffer<Int32>(zeros: batch)
  // Prefixes to be computed: a name that begins with each, and its number in the memory.
  private let wantedNames = AlignedBuffer<Int32>(zeros: batch)
  private let wanted = AlignedBuffer<Int32>(zeros: batch)
  private var wantedCount = 0

  /// - Parameters:
  ///   - parameters: (P), canonical order; not read after this.
  ///   - seed: the same seed gives the same names.
  ///   - temperature: logits are divided by it; > 0. Low is cautious, 1 is what was learnt.
  ///   - sharing: whether what is computed for a prefix serves all names that begin with it. Changes no name.
  ///   - prefixes: the most that are kept, of 256 bytes each; at least those of a batch. When they are too many, all are
  ///     forgotten.
  ///   - scoring: whether names come with their probabilities. Changes no name, and takes 144 bytes more of each prefix.
  public init(
    shape: Shape, parameters: UnsafePointer<Float>, seed: UInt64, temperature: Double, sharing: Bool = true,
    prefixes: Int = usualPrefixes, scoring: Bool = false
  ) {
    self.shape = shape
    self.sharing = sharing
    inverseTemperature = Float(1 / temperature)
    random = CounterRandom(seed: seed, stream: .generation)
    let model = PrefixModel(shape: shape, parameters: parameters)
    self.model = model
    memory = PrefixMemory(capacity: sharing ? max(prefixes, Self.batch * Shape.context) : Self.batch)
    model.setRow(0, tokens: [UInt8](repeating: UInt8(Shape.boundary), count: Shape.context), position: 0)
    model.run(rows: 1, position: 0)
    scores =
      scoring ? PrefixScores(capacity: memory.capacity, temperature: temperature, first: model.logits) : nil
    cumulativeLetters(logits: model.logits, inverseTemperature: inverseTemperature, cumulative: firstLetters.pointer)
  }

  /// A name as it was drawn.
  public struct DrawnName {
    /// 0…25; 1 to 16 of them. Valid inside `forEach` alone.
    public let letters: UnsafeBufferPointer<UInt8>
    /// The natural logarithm of its probability under the model, at temperature 1: of all its letters, and of the end after
    /// them, which is not drawn after 16. 0 unless the generator scores.
    public let logProbability: Double
    /// That of its being drawn here: at the generator's temperature, and no empty name among the others.
    public let drawnLogProbability: Double
  }

  /// Names by their numbers, in order.
  public func forEach(of names: Range<Int>, _ body: (DrawnName) -> Void) {
    var first = names.lowerBound
    while first < names.upperBound {
      let count = min(Self.batch, names.upperBound - first)
      write(count, from: first)
      for name in 0..<count {
        let letters = spelling.pointer + name * Self.spellingRow + 1
        body(
          DrawnName(
            letters: UnsafeBufferPointer(start: letters, count: Int(lengths[name])),
            logProbability: modelScores[name], drawnLogProbability: drawnScores[name]))
      }
      first += count
    }
  }

  /// Names by their numbers, each with a line feed after it: 1 to 16 letters a–z.
  public func text(of names: Range<Int>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(names.count * 8)
    forEach(of: names) { name in
      for letter in name.letters { text.append(letter + UInt8(ascii: "a")) }
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }

  /// Leaves the names `first`… in `spelling` and `lengths`.
  private func write(_ count: Int, from first: Int) {
    begin(count)
    var remaining = count
    for position in 0..<Shape.context where remaining > 0 {
      compute(position)
      remaining = draw(position, remaining, first: first)
    }
  }

  private func begin(_ count: Int) {
    if memory.count + count * (Shape.context - 1) >= memory.capacity { memory.forgetAll() }
    wantedCount = 0
    if sharing, memory.count == 0 { want(memory.add(), of: 0) }
    for name in 0..<count {
      open[name] = Int32(name)
      spelling[name * Self.spellingRow] = UInt8(Shape.boundary)
      (modelScores[name], drawnScores[name]) = (0, 0)
      prefixes[name] = sharing ? 0 : Int32(name)
      if !sharing { want(Int32(name), of: name) }
    }
  }

  @inline(__always)
  private func want(_ prefix: Int32, of name: Int) {
    wanted[wantedCount] = prefix
    wantedNames[wantedCount] = Int32(name)
    wantedCount += 1
  }

  /// The distributions that are wanted, all of prefixes that end at `position`.
  private func compute(_ position: Int) {
    var next = 0
    while next < wantedCount {
      let rows = min(model.capacity, wantedCount - next)
      for row in 0..<rows {
        let name = Int(wantedNames[next + row])
        model.setRow(row, tokens: spelling.pointer + name * Self.spellingRow, position: position)
      }
      model.run(rows: rows, position: position)
      cumulativeProbabilities(
        rows: rows, logits: model.logits, inverseTemperature: inverseTemperature, index: wanted.pointer + next,
        cumulative: memory.cumulative, cumulativeRow: PrefixMemory.row)
      if let scores {
        for row in 0..<rows { scores.keep(model.logits + row * logitsRow, of: Int(wanted[next + row])) }
      }
      next += rows
    }
    computed += wantedCount
    wantedCount = 0
  }

  /// A token for each name that has not ended. Returns how many of them go on.
  private func draw(_ position: Int, _ remaining: Int, first: Int) -> Int {
    var kept = 0
    for place in 0..<remaining {
      let name = Int(open[place])
      let number = UInt64((first + name) * Shape.context + position)
      var token = token(
        at: random.fraction(number), cumulative: memory.cumulative + Int(prefixes[name]) * PrefixMemory.row)
      if position == 0, token == Shape.boundary {
        token = firstLetter(at: random.fraction(number | Self.secondDraw))
      }
      if let scores {
        let score = scores.logProbabilities(of: token, after: Int(prefixes[name]), isFirst: position == 0)
        modelScores[name] += score.model
        drawnScores[name] += score.drawn
      }
      lengths[name] = UInt8(position)
      guard token != Shape.boundary else { continue }
      spelling[name * Self.spellingRow + position + 1] = UInt8(token)
      lengths[name] = UInt8(position + 1)
      guard position + 1 < Shape.context else { continue }
      open[kept] = Int32(name)
      kept += 1
      guard sharing else {
        want(Int32(name), of: name)
        continue
      }
      let (prefix, isNew) = memory.continuation(of: prefixes[name], by: token)
      prefixes[name] = prefix
      if isNew { want(prefix, of: name) }
    }
    drawn += remaining
    return kept
  }

  private func firstLetter(at draw: Float) -> Int { token(at: draw, cumulative: firstLetters.pointer) }
}
