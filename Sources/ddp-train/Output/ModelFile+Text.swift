import Checkpoints
import Foundation
import Schemas
import Values

extension ModelFile {
  /// For people.
  var text: String {
    var lines = Table(facts, [.words { $0.0 }, .words { escaped($0.1) }]).lines()
    let others = metadata.filter { !Self.shown.contains($0.key) }
    if !others.isEmpty {
      lines += ["", kind == "checkpoint" ? "options and surroundings" : "metadata"]
      lines += Table(others, [.words { escaped($0.key) }, .words { escaped($0.value) }]).lines(indent: 2)
    }
    if !tensors.isEmpty {
      let columns: [Table<TensorEntry>.Column] = [
        .words("tensor") { escaped($0.name) }, .words("type") { escaped($0.dtype) },
        .number("shape") { $0.shape.map { "\($0)" }.joined(separator: " × ") }, .number("size") { bytes($0.bytes) },
      ]
      lines += [""] + Table(tensors, columns).lines(indent: 2)
    }
    if let checkpoints {
      let columns: [Table<CheckpointEntry>.Column] = [
        .words { escaped($0.path) }, .number("") { $0.fileBytes.map { bytes($0) } ?? "–" },
        .words { state(of: $0) },
      ]
      lines += ["", plural(checkpoints.count, "checkpoint")] + Table(checkpoints, columns).lines(indent: 2)
    }
    return lines.joined(separator: "\n")
  }

  /// Metadata that is said in other words, or is nothing to people.
  private static let shown = Set([
    "checksum", "format", "format-version", "step", "steps", "d-model", "heads", "averaged-steps", "learning-rate",
    "seed", "data-set", "program-version", "ranks", "hosts", "sync", "elapsed-seconds", "us-per-step", "phases-ns",
    "rows", "chain-names", "chain-link",
  ]).union(ChainEntry.digestKeys)

  private func state(of entry: CheckpointEntry) -> String {
    if let damage = entry.damage { return escaped(damage) }
    return entry.path == path ? "shown above" : ""
  }

  private var facts: [(String, String)] {
    var facts = [("file", "\(path), \(bytes(fileBytes))")]
    if kind == "checkpoint" {
      facts.append(("kind", "checkpoint" + (version.map { " of ddp-train \($0)" } ?? "")))
      facts.append(("checksum", "\(checksum ?? ""): right"))
    } else {
      facts.append(("kind", "safetensors" + (version.map { ", by ddp-train \($0)" } ?? "")))
      facts.append(("checksum", "none"))
    }
    facts.append(("model", model))
    if let step { facts.append(("step", "\(grouped(step))" + (steps.map { " of \(grouped($0))" } ?? ""))) }
    if let loss {
      let count = min(step ?? 0, 100)
      facts.append(("loss", "\(fixed(loss, 4)) nats per prediction, mean of the last \(plural(count, "step"))"))
    }
    if let averagedSteps { facts.append(("averaged", "the parameters of \(plural(averagedSteps, "step"))")) }
    if let step, let learningRate { facts.append(("rate", rate(learningRate, step: step))) }
    if let dataHash { facts.append(("data", "hash \(dataHash)")) }
    if let seed { facts.append(("seed", seed)) }
    if let link = entry("chain-link") {
      let hangs = entry("chain-previous")?.split(separator: " ").first.flatMap { Int($0) } ?? 0
      let before = hangs == 0 ? "the start" : "step \(grouped(hangs))"
      facts.append(("link", "\(link), on that of \(before); ddp-train verify checks it"))
    }
    if let ranks {
      facts.append(("ranks", plural(ranks, "rank") + (hosts.map { " on \($0)" } ?? "") + ", sync \(strategy ?? "–")"))
    }
    if let elapsedSeconds, let usPerStep {
      facts.append(("time", "\(significant(elapsedSeconds)) s so far, \(significant(usPerStep)) µs a step"))
    }
    return facts
  }

  private var model: String {
    guard let dModel, let heads, let parameters else { return "none: \(notAModel ?? "")" }
    return "d-model \(dModel), \(plural(heads, "head")), \(grouped(parameters)) parameters"
  }

  private func entry(_ key: String) -> String? { metadata.first { $0.key == key }?.value }

  /// The file has each rank's host.
  private var hosts: String? {
    entry("hosts").map { plural(Set($0.split(separator: ",")).count, "host") }
  }

  private func rate(_ last: Double, step: Int) -> String {
    func short(_ rate: Double) -> String { String(format: "%.4g", rate) }
    let next = nextLearningRate.map { "\(short($0)) in the next" } ?? "no step is left"
    let largest = entry("learning-rate").map { " (of \($0) at most)" } ?? ""
    return "\(short(last)) in step \(grouped(step)), \(next)\(largest)"
  }
}
