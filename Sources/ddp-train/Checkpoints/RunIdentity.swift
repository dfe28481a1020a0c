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

  private static let dataKey = "data-set"

  /// Options that 0.1.0 did not have, with what it did: its checkpoints do not name them.
  private static let younger: [String: String] = {
    let options = TrainingOptions()
    let all: [any Declaration] = [
      options.schedule, options.warmUp, options.beta2, options.batchRamp, options.average,
      options.microShards,
    ]
    return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.text(ofAny: nil)) })
  }()

  /// - Parameter dataHash: of the data set.
  init(_ options: OptionValues<TrainingOptions>, dataHash: String) {
    var metadata: [String: String] = [Self.dataKey: dataHash, "program-version": DDPTrain.version]
    for (name, value) in options.texts(of: [.run, .bits]) { metadata[name] = value }
    for (name, value) in Trainer.machineFields { metadata[Self.key(name)] = value }
    self.metadata = metadata
    let always = options.texts(of: [.run]).map(\.name) + [Self.dataKey]
    let bits = options.texts(of: [.bits]).map(\.name) + Trainer.machineFields.map { Self.key($0.name) }
    required = always + (options.reproducible ? bits : [])
  }

  /// What to say of a checkpoint that another version of the program wrote; nil of this one's own.
  ///
  /// - Parameter version: as the file has it, nil where it does not say.
  static func notice(path: String, version: String?, reproducible: Bool = false) -> String? {
    guard version != DDPTrain.version else { return nil }
    let writer = version.map { "by ddp-train \(escaped($0))" } ?? "by a version that it does not name"
    return "\(path) was written \(writer); this is \(DDPTrain.version), which reads the same format"
      + (reproducible ? ". The last bits may be others than those of a run of one version" : "")
  }

  private static func key(_ name: String) -> String { name.replacing(" ", with: "-") }

  /// How a checkpoint's run differs from this one: "batch is 16 there and 32 here". Empty where it can be gone on with.
  func differences(from other: [String: String]) -> [String] {
    required.compactMap { key in
      let stored = other[key] ?? Self.younger[key]
      guard stored != metadata[key] else { return nil }
      let why =
        key == "steps" ? " (the learning rate's schedule covers all steps: another number is another run)" : ""
      let there = stored.map { escaped(String($0.prefix(80))) } ?? "missing"
      return "\(key) is \(there) there and \(metadata[key] ?? "missing") here\(why)"
    }
  }
}
