import CSIMD
import GPT
import MPI
import Values

/// Gradients or their factors: which is the faster exchange for a model, on these cores, in these minutes. Both come to the
/// same bits, so a clock may choose.
///
/// Counting bytes does not tell: caches, barriers and memory that cores share have their own prices, which change with the
/// machine and on it from minute to minute. So each runs a few of the run's own steps, in turns.
public enum FactorTrial {
  /// Parameters below which nothing is tried: gradients are faster, and a trial would cost more than it saves.
  static let leastParameters = 50_000
  /// Factors must save this much to be taken.
  static let gain = 0.03

  private static let rounds = 2...7
  private static let seconds = 0.15

  /// The settings, with the faster strategy where they leave the choice and there is one. Collective.
  ///
  /// - Parameters:
  ///   - names: the training names, the same on every rank.
  ///   - group: the ranks that train together, which agree on their settings; nil for one core.
  public static func choosing(_ settings: Settings, names: NameTable, group: Communicator?) throws -> Settings {
    guard isWorthwhile(settings) else { return settings }
    // Where ranks take turns on a core, times say who had it.
    if let group, try !eachHasACore(on: group) { return settings }
    // The sums of several domains have an order of their own: a clock must not choose between orders.
    if let group, !settings.reproducible || settings.domains != nil, try Domains.areSeveral(settings, over: group) {
      return settings
    }
    // Most names come in the largest batches, at the end.
    var trial = settings
    trial.batchRamp = 0
    let players = try TimedTraining.of([.shared, .factors], trial, names: names, group: group)
    let times = players.count == 2 ? try times(of: players, over: group) : []
    // Not where an error was thrown: giving memory back waits for all ranks.
    for player in players { try player.close() }
    var chosen = settings
    if let gradients = times.first, let factors = times.last, !gradients.isEmpty,
      prefersFactors(gradients: gradients, factors: factors)
    {
      chosen.strategy = .factors
    }
    return chosen
  }

  /// Whether the settings leave the choice, and there is one. With more names than the model is wide gradients were faster by 3
  /// to 11 % on every width, and factors of a large batch take much memory.
  static func isWorthwhile(_ settings: Settings) -> Bool {
    settings.strategy == .auto && settings.shape.parameterCount >= leastParameters
      && settings.batch <= settings.shape.dModel
      && settings.engine.keepsFactors(at: settings.shape)
  }

  /// Whether factors are faster by enough, by the times of steps in µs.
  static func prefersFactors(gradients: [Double], factors: [Double]) -> Bool {
    Sample(factors).median < (1 - gain) * Sample(gradients).median
  }

  /// Of each player's counted steps, the slowest rank's time in µs; none where the ranks have agreed to stop.
  private static func times(of players: [TimedTraining], over group: Communicator?) throws -> [[Double]] {
    var times = players.map { _ in [Double]() }
    var step = 0
    // Twice: the first steps find nothing in memory, and tell how long a round is.
    for _ in 0..<2 { try round(players, &step, &times) }
    let round = times.reduce(0) { $0 + 2e-6 * ($1.last ?? 0) }
    let wanted = Int(min(seconds / max(round, 1e-6), Double(rounds.upperBound)))
    let count = max(try group?.broadcast(wanted, root: 0) ?? wanted, rounds.lowerBound)
    times = players.map { _ in [] }
    for _ in 0..<count { try self.round(players, &step, &times) }
    guard !players.contains(where: \.training.wasStopped) else { return players.map { _ in [] } }
    return try zip(players, times).map { player, times in try player.slowest(times) }
  }

  /// A step of each that finds its own data again, and one that counts.
  private static func round(_ players: [TimedTraining], _ step: inout Int, _ times: inout [[Double]]) throws {
    for (index, player) in players.enumerated() {
      try player.warmUp(times: 1)
      guard !player.training.wasStopped else { return }
      let start = csimd_nanoseconds()
      _ = try player.training.run(step % player.settings.steps, measuringWait: false)
      times[index].append(Double(csimd_nanoseconds() - start) / 1000)
    }
    step += 1
  }
}
