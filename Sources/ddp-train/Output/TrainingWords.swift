import CSIMD
import Checkpoints
import DataParallel
import Foundation
import GPT
import Laboratory
import Options
import Values

/// What rank 0 prints before and after a run.
struct TrainingWords {
  let plan: RunPlan
  /// One host name a rank.
  let hosts: [String]

  static let titleColumns = 11

  func header(names: RunNames, trainer: Trainer, resumed: String?) -> String {
    let settings = plan.settings
    let shape = settings.shape
    var lines = [
      (
        "ddp-train",
        "\(packageVersion), built for \(String(cString: csimd_built_for())), "
          + "engine \(trainer.engine)"
      ),
      ("model", "d-model \(shape.dModel), \(plural(shape.heads, "head")), \(grouped(shape.parameterCount)) parameters"),
      (
        "data",
        "\(shortened(plan.data.description)): \(plural(names.count, "name"))"
          + (names.heldOut.map { ", \(grouped($0.count)) held out, \(grouped(names.training.count)) train" } ?? "")
      ),
      (
        "run",
        "batch \(batch), \(plural(settings.steps, "step")), learning rate \(learningRate), "
          + (settings.beta2 == TrainingOptions().beta2.fallback ? "" : "β₂ \(settings.beta2), ")
          + (settings.average > 0 ? "mean of the last \(plural(settings.averagedSteps, "step")), " : "")
          + "seed \(settings.seed)"
      ),
      (
        "ranks",
        "\(plural(hosts.count, "rank")) on \(plural(Set(hosts).count, "host"))"
          + (hosts.count > 1 ? ", synchronisation \(words(trainer.synchronisation))" : "")
      ),
    ]
    if let groups = trainer.groups { lines.append(("groups", words(groups))) }
    if let resumed { lines.append(("resumed", resumed)) }
    if let change = plan.stepsChange { lines.append(("extended", words(change))) }
    if !plan.options.chosen.isEmpty { lines.append(("chosen", plan.options.chosen.joined(separator: ", "))) }
    // Paths among them: one that holds a line break must not make a line of its own.
    return labelled(lines)
  }

  /// "from 2,000 to 3,000 steps: …"
  private func words(_ change: StepsChange) -> String {
    let settings = plan.settings
    var before = settings
    before.steps = change.earlier
    let last = rate(before.learningRate(step: change.step - 1))
    let to = "from \(grouped(change.earlier)) to \(plural(settings.steps, "step"))"
    guard change.step < settings.steps else { return "\(to): it ends where it is" }
    return "\(to): the learning rate, \(last) in step \(grouped(change.step)), is "
      + "\(rate(settings.learningRate(step: change.step))) in the next, by another schedule; the parameters and "
      + "their hash are not those of \(grouped(settings.steps)) steps in one run"
  }

  private func rate(_ value: Double) -> String { String(format: "%.3g", value) }

  /// "2 of 8 ranks, one model every 32 steps, the mean of all"
  private func words(_ groups: RankGroups) -> String {
    guard let local = plan.settings.localSteps else { return "" }
    let sizes = (groups.sizes.min() ?? 1, groups.sizes.max() ?? 1)
    let ranks = sizes.0 == sizes.1 ? plural(sizes.0, "rank") : "\(sizes.0) to \(sizes.1) ranks"
    let update =
      switch local.update {
      case .average: "the mean of all"
      case .nesterov(let rate, let momentum):
        "by a step of rate \(rate) and momentum \(momentum) towards the mean of all"
      }
    return "\(groups.count) of \(ranks), one model every \(plural(local.every, "step")), \(update)"
      + (local.overlaps ? ", exchanged during the next ones" : "")
  }

  /// What to say where a run that asks for groups has but one, or other ones than before; nil where there is nothing to say.
  ///
  /// - Parameter earlier: groups of the run that is gone on with.
  func notice(of groups: RankGroups?, earlier: Int?) -> String? {
    guard let local = plan.settings.localSteps else { return nil }
    let count = groups?.count ?? 1
    if let earlier, earlier != count {
      return
        "the run had \(plural(earlier, "group")) of ranks and goes on with \(count): each takes another part of a batch, "
        + "so the parameters and their hash are not those of a run with as many groups throughout"
    }
    guard count == 1 else { return nil }
    let reason = hosts.count == 1 ? "there is one rank" : "all ranks are on one node, and groups is \(local.groups)"
    return "sync-every \(local.every) has no effect: \(reason), so there is one group, which synchronises in every step"
  }

  /// "shared", or "shared in 2 domains, 17 kB into each per step"
  private func words(_ synchronisation: Synchronisation) -> String {
    let traffic = synchronisation.traffic.map { " in \($0.domains) domains, \(bytes($0.bytes)) into each per step" }
    return "\(synchronisation.strategy)" + (traffic ?? "")
  }

  /// "16", or "2, doubling 3 times to 16"
  private var batch: String {
    let (settings, times) = (plan.settings, plan.settings.batchRamp)
    guard times > 0 else { return grouped(settings.batch) }
    return "\(grouped(settings.batch(step: 0))), doubling \(times == 1 ? "once" : "\(times) times") "
      + "to \(grouped(settings.batch))"
  }

  /// "0.003 falling to 0"
  private var learningRate: String {
    let settings = plan.settings
    let decay = grouped(settings.schedule.decay(steps: settings.steps, warmUp: settings.warmUp))
    let fall =
      switch settings.schedule {
      case .linear: "falling to 0"
      case .cosine: "falling to 0 along a cosine"
      case .constant: "staying there"
      case .wsd: "falling to 0 over the last \(decay)"
      }
    guard settings.warmUp > 0 else {
      return settings.schedule == .constant
        ? "\(settings.learningRate) throughout" : "\(settings.learningRate) \(fall)"
    }
    return "rising to \(settings.learningRate) over the first \(grouped(settings.warmUp)) and \(fall)"
  }

  func table(_ tournament: Tournament) -> String {
    let engines = Set(tournament.results.map(\.engine))
    return Table(
      tournament.results,
      [
        .words("tournament") { engines.count > 1 ? "\($0.strategy), \($0.engine)" : "\($0.strategy)" },
        .number("µs/step") { significant($0.step) },
        .number("of it synchronisation + Adam") { significant($0.synchronisation) },
      ]
    ).lines().joined(separator: "\n")
  }

  /// - Parameter chain: of a run that keeps one.
  func summary(_ run: RunSummary, _ cost: RunCost, chain: RunChain? = nil) -> String {
    let last = min(run.steps, 100)
    let steps = last == 1 ? "step" : "\(last) steps"
    var lines = [("loss", "\(fixed(run.lossLast100, 4)) nats per prediction, mean of the last \(steps)")]
    if let evaluation = run.evaluation {
      lines.append(
        ("held out", "\(fixed(evaluation.loss, 4)) nats per prediction, mean over \(plural(evaluation.names, "name"))"))
    }
    if let (step, scale) = run.noiseScale {
      let (low, high) = (scale.inNames.low, scale.inNames.high)
      let words = estimateWords(scale.inNames.estimate, low: low, high: high, unit: "names")
      lines.append(("noise", "scale \(words) after step \(grouped(step))"))
    }
    lines += [
      (
        "time",
        "\(plural(run.steps, "step")) in \(fixed(run.elapsedSeconds, 2)) s, "
          + "median \(significant(run.microsecondsPerStep)) µs a step"
      ),
      ("split", split(run.phases, ranks: run.ranks)),
    ]
    if run.ranks > 1 {
      let most = 100 / run.rows.loadBalance(ranks: run.ranks) - 100
      lines.append(
        (
          "balance",
          "\(fixed(100 * run.rows.workInflation - 100, 1)) % more rows than one rank; "
            + "the fullest rank \(fixed(most, 1)) % over the mean"
        ))
    }
    if let exchanges = run.exchanges {
      lines.append(
        (
          "exchanges",
          "\(grouped(exchanges.count)) between groups, \(significant(1e6 * exchanges.seconds / Double(max(exchanges.count, 1)))) µs "
            + "each, \(significant(100 * exchanges.seconds / max(run.stepSeconds, 1e-9))) % of the steps' time"
        ))
    }
    lines += [
      (
        "speed",
        speed(run)
      ),
      ("cost", cost.words),
      ("parameters", "hash \(run.parametersHash)"),
    ]
    if let chain, let head = chain.head {
      lines.append(("chain", "head \(head.digest)  (\(plural(head.links, "link")))"))
      lines.append(("digests", words(chain.cost, of: run)))
    }
    return labelled(lines)
  }

  /// "4 links in 1.2 ms on the checkpoints' thread, 0.3 % of the steps' time; training paused 0.4 ms for …"
  private func words(_ cost: ChainCost, of run: RunSummary) -> String {
    let share = run.stepSeconds > 0 ? 100 * cost.seconds / run.stepSeconds : 0
    return "\(plural(cost.links, "link")) in \(significant(1000 * cost.seconds)) ms on the checkpoints' thread, "
      + "\(significant(share)) % of the steps' time; training paused \(significant(1000 * cost.pause)) ms for links and checkpoints"
  }

  /// In the columns that header and summary share.
  func labelled(_ lines: [(String, String)]) -> String {
    lines.map { $0.0.padded(to: Self.titleColumns) + escaped($0.1) }.joined(separator: "\n")
  }

  /// Means both, of the same time.
  private func speed(_ run: RunSummary) -> String {
    guard run.elapsedSeconds > 0, run.samples > 0 else { return "–" }
    return
      "\(grouped(Int(run.samplesPerSecond))) samples/s, \(significant(1e6 / run.samplesPerSecond)) µs a sample (means)"
  }

  private func split(_ phases: PhaseTimes, ranks: Int) -> String {
    guard phases.total > 0 else { return "–" }
    let communication = [("wait", phases[.wait]), ("synchronisation", phases[.synchronisation])]
    let times =
      [("forward", phases[.selection] + phases[.forward]), ("backward", phases[.backward])]
      + (ranks > 1 ? communication : []) + [("Adam", phases[.adam])]
    return times.map { "\($0.0) \(significant($0.1 / 1000))" }.joined(separator: ", ") + " µs (rank 0, mean)"
  }

  /// Inside the current folder, the path from there.
  private func shortened(_ path: String) -> String {
    let here = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
  }
}
