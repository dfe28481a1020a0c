import Checkpoints
import DataParallel
import Options
import Values

/// What a run is, as its checkpoints say it: the settings, the data, the machine.
struct RunIdentity {
  /// All of it, by keys of a checkpoint's metadata.
  let metadata: [String: String]
  /// What a checkpoint must have in common with a run that goes on with it, in the order in which differences are
  /// named.
  private let required: [String]
  /// All that decides bits besides the names, the program and the machine: what each link of a chain says of the run.
  let linkSettings: [String: String]

  /// Of a run with `sync-every`: the groups that its ranks were.
  static let groupCountKey = "group-count"
  private static let dataKey = "data-set"
  private static let initialKey = "init-from"

  /// Options that make no other run and yet belong to it: a run that goes on has them as long as nobody gives others.
  private static let kept: [any Declaration] = {
    let options = TrainingOptions()
    return [
      options.data, options.skipInvalid, options.evalEvery, options.checkReplicas, options.checkpointEvery,
      options.checkpointKeep, options.noiseScaleEvery, options.generate, options.temperature,
    ]
  }()

  /// Options that 0.1.0 did not have, with what it did: its checkpoints do not name them.
  private static let younger: [String: String] = {
    let options = TrainingOptions()
    let all: [any Declaration] = [
      options.schedule, options.warmUp, options.beta2, options.batchRamp, options.average,
      options.microShards, options.keepEvery, options.syncEvery, options.groups, options.outer, options.outerRate,
      options.outerMomentum, options.syncOverlap,
    ]
    return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.text(ofAny: nil)) })
      .merging([initialKey: "none"]) { $1 }
  }()

  /// A checkpoint's metadata, with what the option's default is of each option that it is older than.
  static func withDefaults(_ metadata: [String: String]) -> [String: String] { younger.merging(metadata) { $1 } }

  /// Names of the options that a run which goes on takes from its checkpoint, always.
  static let knownOptions: Set<String> = {
    let table = TrainingOptions()
    return Set(table.declarations.filter { $0.part == .run }.map(\.name) + kept.map(\.name) + [initialKey])
  }()

  /// Whether a run that goes on takes an entry of its checkpoint for an option that nobody gives.
  static func isTaken(_ key: String, from metadata: [String: String]) -> Bool {
    let part = TrainingOptions().declarations.first { $0.name == key }?.part
    // Where bits do not count, each machine may compute in its own way.
    return part == .run || key == "reproducible"
      || part == .bits && metadata["reproducible"] == "true" && !ways.contains(key)
      || kept.contains { $0.name == key }
  }

  /// - Parameters:
  ///   - dataHash: of the data set.
  ///   - dataPath: where the names are, if they are not the project's own; nil for a place that cannot be read again.
  ///   - initial: the hash of the parameters that the run began with; nil for parameters drawn by the seed.
  ///   - goingOnFrom: the run that it goes on with.
  init(
    _ options: OptionValues<TrainingOptions>, dataHash: String, dataPath: String? = nil, initial: String? = nil,
    goingOnFrom kept: KeptRun? = nil
  ) {
    var metadata: [String: String] = [Self.dataKey: dataHash, "program-version": packageVersion]
    for (name, value) in options.texts(of: [.run, .bits]) + options.texts(of: Self.kept) { metadata[name] = value }
    metadata["data"] = dataPath
    metadata[Self.initialKey] = initial ?? kept?.metadata[Self.initialKey] ?? "none"
    let changes = [
      kept?.metadata[CheckpointFormat.earlierSteps], StepsChange(kept, steps: options.steps)?.text,
    ].compactMap { $0 }
    if !changes.isEmpty { metadata[CheckpointFormat.earlierSteps] = changes.joined(separator: " ") }
    for (name, value) in Trainer.machineFields { metadata[Self.key(name)] = value }
    if options.reproducible { metadata[Self.arithmeticKey] = Self.arithmetic }
    self.metadata = metadata
    // Steps may be added, and are checked where they are.
    let always = options.texts(of: [.run]).map(\.name).filter { $0 != "steps" } + [Self.initialKey, Self.dataKey]
    let bits = options.texts(of: [.bits]).map(\.name).filter { !Self.ways.contains($0) } + [Self.arithmeticKey]
    required = always + (options.reproducible ? bits : [])
    // The names have a digest of their own there, which their order does not change.
    let settings = Set(always + bits + ["steps", CheckpointFormat.earlierSteps]).subtracting([Self.dataKey])
    linkSettings = metadata.filter { settings.contains($0.key) }
  }

  /// What to say of a checkpoint that another version of the program wrote; nil of this one's own.
  ///
  /// - Parameter version: as the file has it, nil where it does not say.
  static func notice(path: String, version: String?, reproducible: Bool = false) -> String? {
    guard version != packageVersion else { return nil }
    let writer = version.map { "by ddp-train \(escaped($0))" } ?? "by a version that it does not name"
    return "\(path) was written \(writer); this is \(packageVersion), which reads the same format"
      + (reproducible ? ". The last bits may be others than those of a run of one version" : "")
  }

  /// Which edition of docs/arithmetic.md a reproducible run computes by. Another one gives other bits.
  static let arithmetic = "1"
  static let arithmeticKey = "arithmetic"

  /// Options that choose between ways to the same bits, where a run is reproducible.
  private static let ways: Set = ["engine", "sme2-from"]

  private static func key(_ name: String) -> String { name.replacing(" ", with: "-") }

  /// How a checkpoint's run differs from this one: "batch is 16 there and 32 here". Empty where it can be gone on with.
  func differences(from other: [String: String]) -> [String] {
    required.compactMap { key in
      let stored = other[key] ?? Self.younger[key]
      guard stored != metadata[key] else { return nil }
      let there = stored.map { escaped(String($0.prefix(80))) } ?? "missing"
      return "\(key) is \(there) there and \(metadata[key] ?? "missing") here"
    }
  }
}
