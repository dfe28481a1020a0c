import DataParallel
import GPT
import Schemas
import Values

/// What N ranks of one host could be worth: their steps played on one core, beside those of one rank.
///
/// Players take turns of some steps each: a machine that changes its speed changes it for all of them.
public final class CeilingExperiment {
  /// What is played.
  public struct Case: Sendable {
    public var shape: Shape
    /// B: of all ranks together in strong scaling, of each in weak scaling.
    public var batch: Int
    public var mode: ScalingMode
    public var engine: EngineOptions
    /// Numbers of ranks.
    public var ranks: [Int]

    public init(shape: Shape, batch: Int, mode: ScalingMode, engine: EngineOptions, ranks: [Int]) {
      (self.shape, self.batch, self.mode, self.engine, self.ranks) = (shape, batch, mode, engine, ranks)
    }

    /// How many turns a run of so many steps has.
    public func turns(steps: Int) -> Int { groups.count * turnsOfGroup(steps: steps) }

    fileprivate func turnsOfGroup(steps: Int) -> Int {
      (steps + CeilingExperiment.stepsPerTurn - 1) / CeilingExperiment.stepsPerTurn
    }

    func globalBatch(ranks: Int) -> Int { mode == .weak ? batch * ranks : batch }

    /// Numbers of ranks that have the same global batch, and take turns.
    var groups: [[Int]] { mode == .weak ? ranks.map { [$0] } : [ranks] }

    func settings(ranks: Int) throws -> Settings {
      try TimedCase(shape: shape, batch: globalBatch(ranks: ranks), engine: engine).settings
    }

    /// Of the players that take turns where they need most.
    ///
    /// - Parameter names: the training names.
    public func memoryNeed(names: NameTable) throws -> MemoryNeed {
      var most = MemoryNeed()
      for group in groups {
        let need = try Set(group + [1]).reduce(MemoryNeed()) { need, ranks in
          need + PlayedRanks.memoryNeed(try settings(ranks: group.last ?? 1), names: names, ranks: ranks)
        }
        if need.reserved > most.reserved { most = need }
      }
      return most
    }
  }

  private let what: Case
  private let names: NameTable

  fileprivate static let stepsPerTurn = 10

  /// - Parameter names: the training names.
  public init(_ what: Case, names: NameTable) { (self.what, self.names) = (what, names) }

  /// Plays `steps` steps, rounded up to whole turns, on every number of ranks.
  ///
  /// - Parameters:
  ///   - isStopped: asked between turns; makes an end without results.
  ///   - hasPlayed: hears after each turn.
  public func run(steps: Int, isStopped: () -> Bool, hasPlayed: () -> Void) throws -> [CeilingResult] {
    var results: [CeilingResult] = []
    for group in what.groups {
      let settings = try what.settings(ranks: group[0])
      let one = PlayedRanks(settings, names: names, ranks: 1)
      let many = group.filter { $0 > 1 }.map { PlayedRanks(settings, names: names, ranks: $0) }
      for _ in 0..<what.turnsOfGroup(steps: steps) {
        for player in [one] + many {
          player.play(Self.stepsPerTurn)
          guard !isStopped() else { return [] }
        }
        hasPlayed()
      }
      for ranks in group {
        let player = many.first { $0.ranks == ranks } ?? one
        results.append(CeilingResult(what, player, besides: one))
      }
    }
    return results
  }
}

extension CeilingFile {
  /// What a ceiling takes for granted, a sentence each.
  public static let assumed = [
    "ceiling: nobody waits, and what other ranks wrote is in the caches already",
    "expected: \(significant(1000 * Prices.assumed.barrier)) ns for each stage of two barriers, "
      + "\(significant(1e-3 / Prices.assumed.perByteRead)) GB/s to read what other ranks wrote; "
      + "ddp-train predict measures them",
  ]
}

extension CeilingResult {
  init(_ what: CeilingExperiment.Case, _ player: PlayedRanks, besides one: PlayedRanks) {
    let (ranks, steps, shape) = (player.ranks, player.steps, what.shape)
    func mean(_ player: PlayedRanks, _ value: (PlayedRanks.Step) -> Double) -> Double { player.steps.map(value).mean }
    func largest(_ player: PlayedRanks, _ values: KeyPath<PlayedRanks.Step, [Double]>) -> Double {
      mean(player) { $0[keyPath: values].max() ?? 0 }
    }
    let flops = (whole: largest(one, \.flops), largest: largest(player, \.flops), mean: mean(player) { $0.flops.mean })
    let single = (passes: largest(one, \.passes), rest: mean(one, \.selection) + largest(one, \.update))
    self.init {
      ($0.c, $0.heads, $0.batch) = (shape.dModel, shape.heads, what.batch)
      ($0.globalBatch, $0.mode, $0.ranks) = (player.settings.batch, what.mode, ranks)
      ($0.engine, $0.steps) = (what.engine.resolvedKind(for: shape).rawValue, steps.count)
      $0.singleCoreUs = single.passes + single.rest
      $0.selectionUs = mean(player, \.selection)
      ($0.computeMaxUs, $0.computeMeanUs) = (largest(player, \.passes), mean(player) { $0.passes.mean })
      ($0.updateMaxUs, $0.updateMeanUs) = (largest(player, \.update), mean(player) { $0.update.mean })
      let transfers = steps.compactMap(\.transfer)
      $0.transferUs = transfers.isEmpty ? nil : transfers.mean
      $0.flopInflation = flops.mean * Double(ranks) / flops.whole
      $0.flopImbalance = flops.largest / flops.mean
      $0.flopBound = Double(ranks) / ($0.flopInflation * $0.flopImbalance)
      let step = $0.selectionUs + $0.computeMaxUs + $0.updateMaxUs
      $0.speedupCeiling = $0.singleCoreUs / step
      $0.efficiencyCeiling = $0.speedupCeiling / Double(ranks)
      let lost = [
        ("selection", $0.selectionUs), ("passes", $0.computeMaxUs - single.passes / $0.flopBound),
        ("update", $0.updateMaxUs),
      ]
      $0.lostTo = ranks > 1 ? lost.max { $0.1 < $1.1 }?.0 ?? "" : ""
      let barrier = BarrierTraffic(ranks: ranks)
      ($0.barrierTransfers, $0.barrierDepth) = (barrier.transfers, barrier.depth)
      let terms = CostTerms(
        .auto, parameters: shape.parameterCount, ranks: ranks, place: Placement(ranksPerHost: ranks),
        network: Prices.assumed.network, host: Prices.assumed.host)
      $0.expectedSpeedup = $0.singleCoreUs / (step + Prices.assumed.time(of: terms))
    }
  }
}
