import DataParallel
import GPT
import Testing

/// Whole runs on N ranks, without MPI.
///
/// Mathematically N makes no difference. In float32 the gradient's sum is taken in another order: about N roundings
/// of 6e-8 a step, which Adam amplifies where a gradient is near zero. Over 60 steps the losses move by less than
/// 1e-6 of their value; 1e-5 is the contract. Averaging the ranks' means moves them by 1e-3, so a bound of 1e-5 tells
/// a wrong sum from a reordered one. An input of a ReLU so near to 0 that rounding decides its sign moves them as
/// much, in about one run of fifty and rightly so: other seeds may speak for it, while a wrong sum fails with each.
@Suite("simulated ranks")
struct SimulatedRanksTests {
  static let contract = 1e-5
  private let names: NameTable

  init() throws { names = try packageNames() }

  @Test("N ranks train as one does", arguments: [2, 3, 4, 5, 8, 20], [3, 7, 16])
  func sameCurve(ranks: Int, batch: Int) throws {
    let errors = try errors(ranks: ranks, batch: batch)
    #expect((errors.min() ?? .infinity) < Self.contract, "by seed: \(errors)")
  }

  /// The largest error of a run with each of three seeds, up to the first that is within the contract.
  private func errors(
    ranks: Int, batch: Int, scale: SimulatedRanks.Scale = .global
  ) throws -> [Double] {
    var errors: [Double] = []
    for seed in 1...3 where (errors.min() ?? .infinity) >= Self.contract {
      let one = try SimulatedRanks(ranks: 1, batch: batch, names: names, seed: UInt64(seed))
      let many = try SimulatedRanks(ranks: ranks, batch: batch, names: names, seed: UInt64(seed), scale: scale)
      errors.append(largestError(many.losses(steps: 60), one.losses(steps: 60)))
    }
    return errors
  }

  @Test("so does the scalar engine")
  func scalar() throws {
    let one = try SimulatedRanks(ranks: 1, batch: 16, names: names, dModel: 16, engine: .scalar).losses(steps: 10)
    let many = try SimulatedRanks(ranks: 3, batch: 16, names: names, dModel: 16, engine: .scalar).losses(steps: 10)
    #expect(largestError(many, one) < Self.contract)
  }

  @Test("a mean of the ranks' means is told apart", arguments: [2, 3, 5], [7, 16])
  func meanOfMeans(ranks: Int, batch: Int) throws {
    let errors = try errors(ranks: ranks, batch: batch, scale: .meanOfMeans)
    #expect((errors.min() ?? 0) > 10 * Self.contract, "by seed: \(errors)")
  }

  @Test("the same N repeats bit for bit")
  func repeats() throws {
    let runs = try (0..<2).map { _ in
      let run = try SimulatedRanks(ranks: 3, batch: 16, names: names)
      return (run.losses(steps: 20), run.state.parametersHash)
    }
    #expect(runs[0] == runs[1])
  }
}
