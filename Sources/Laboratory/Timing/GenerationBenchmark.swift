import CSIMD
import DataParallel
import GPT
import MPI
import Values

/// How fast names are written: each computed by itself, and with what is known of prefixes kept. Every round begins with an
/// empty memory, and its time holds all that a generator does, printing excepted.
public final class GenerationBenchmark {
  public struct Result: Sendable {
    public var names: Int
    public var sharing: Bool
    public var ranks: Int
    /// Letters of all names.
    public var letters: Int
    /// Tokens drawn, ends of names included, and prefixes computed, by all ranks.
    public var drawn, computed: Int
    /// Of a round; and 95 % of the median.
    public var seconds: Sample
    public var interval: ClosedRange<Double>
    /// 2 · P · tokens drawn / time, as a share of one core's peak measured beside it.
    public var nominalShare: Sample
  }

  private let shape: Shape
  private let parameters: [Float]
  private let names: Int
  private let seed: UInt64
  private let temperature: Double
  private let world: Communicator
  private var rounds: [Bool: [Round]] = [:]

  private struct Round {
    var seconds, peak: Double
    var letters, drawn, computed: Int
  }

  /// - Parameter parameters: (P), on every rank.
  public init(
    shape: Shape, parameters: [Float], names: Int, seed: UInt64, temperature: Double, world: Communicator
  ) {
    (self.shape, self.parameters, self.names) = (shape, parameters, names)
    (self.seed, self.temperature, self.world) = (seed, temperature, world)
  }

  /// Collective.
  public func run(seconds: Double, progress: (Turns.Progress) -> Void) throws {
    try Turns(seconds: seconds, leastRounds: 3).run(over: world, progress: progress) {
      for sharing in [false, true] { rounds[sharing, default: []].append(try round(sharing: sharing)) }
    }
  }

  private func round(sharing: Bool) throws -> Round {
    let before = Core.multiplyAddRate()
    try world.barrier()
    let start = csimd_nanoseconds()
    let generator = Generator(
      shape: shape, parameters: parameters, seed: seed, temperature: temperature, sharing: sharing)
    var bytes = 0
    _ = try NameWriting(generator, over: world).run(names, isOver: { false }, write: { bytes += $0.texts[0].count })
    let seconds = Double(csimd_nanoseconds() - start) * 1e-9
    let peak = (before + Core.multiplyAddRate()) / 2
    let all = try world.allReduce([generator.drawn, generator.computed], .sum)
    return Round(seconds: seconds, peak: peak, letters: bytes - names, drawn: all[0], computed: all[1])
  }

  /// On rank 0, whose clock counts: it has all names last.
  public var results: [Result] {
    [false, true].compactMap { sharing in
      guard let own = rounds[sharing], let last = own.last else { return nil }
      let operations = 2 * Double(shape.parameterCount) * Double(last.drawn)
      return Result(
        names: names, sharing: sharing, ranks: NameWriting.isShared(names, over: world) ? world.size : 1,
        letters: last.letters, drawn: last.drawn, computed: last.computed, seconds: Sample(own.map(\.seconds)),
        interval: RoundSample(own.map { [$0.seconds] }).interval,
        nominalShare: Sample(own.map { operations / ($0.seconds * $0.peak) }))
    }
  }
}
