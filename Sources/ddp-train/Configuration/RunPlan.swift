import DataParallel
import GPT

/// The options of a run, resolved: flag, else configuration file, else default.
struct RunPlan {
  var settings: Settings
  var dataPath: String
  var skipInvalid: Bool
  var generate: Int
  var temperature: Double
  var metricsPath: String?
  var logEvery: Int?
  var progress: ProgressMode
  var quiet: Bool
  /// Options that are not at their default, with where they came from: "steps 1000 (--steps)".
  var chosen: [String]

  /// - Throws: an error whose description says which option is wrong, why, and what it may be.
  init(_ options: TrainingOptions) throws {
    let file = try options.config.map { try ConfigurationFile(named: $0) }
    var resolver = Resolver(file: file)
    let dModel = resolver.resolve("d-model", options.dModel, try file?.value("d-model", "an integer"), 64)
    let heads = resolver.resolve(
      "heads", options.heads, try file?.value("heads", "an integer"), Shape.defaultHeads(dModel: dModel))
    settings = try Settings(
      shape: Shape(dModel: dModel, heads: heads),
      batch: resolver.resolve("batch", options.batch, try file?.value("batch", "an integer"), 16),
      steps: resolver.resolve("steps", options.steps, try file?.value("steps", "an integer"), 5000),
      learningRate: resolver.resolve(
        "learning-rate", options.learningRate, try file?.value("learning-rate", "a number"), 0.01),
      seed: resolver.resolve("seed", options.seed, try file?.value("seed", "a whole number"), 1),
      engine: resolver.resolve("engine", options.engine, try file?.word("engine"), .auto),
      evaluate: resolver.resolve("eval", options.eval, try file?.value("eval", "true or false"), false))
    dataPath = try resolver.resolve("data", options.data, try file?.file("data"), try Self.defaultData(options, file))
    skipInvalid = resolver.resolve(
      "skip-invalid", options.skipInvalid, try file?.value("skip-invalid", "true or false"), false)
    generate = resolver.resolve("generate", options.generate, try file?.value("generate", "an integer"), 10)
    temperature = resolver.resolve(
      "temperature", options.temperature, try file?.value("temperature", "a number"), 0.6)
    metricsPath = resolver.optional("metrics", options.metrics, try file?.file("metrics"))
    logEvery = resolver.optional("log-every", options.logEvery, try file?.value("log-every", "an integer"))
    progress = resolver.resolve("progress", options.progress, try file?.word("progress"), .auto)
    quiet = resolver.resolve("quiet", options.quiet, try file?.value("quiet", "true or false"), false)
    chosen = resolver.chosen
    try validate()
  }

  private func validate() throws {
    guard generate >= 0 else { throw OptionError("generate \(generate) is negative; 0 generates no names") }
    guard temperature.isFinite, temperature > 0 else {
      throw OptionError("temperature \(temperature) is not a positive number")
    }
    if let logEvery, logEvery < 1 { throw OptionError("log-every \(logEvery) is out of range: at least 1") }
  }

  private static func defaultData(_ options: TrainingOptions, _ file: ConfigurationFile?) throws -> String {
    if options.data != nil { return "" }
    if try file?.file("data") != nil { return "" }
    guard let path = ProjectFiles.path("data/names.txt") else {
      throw OptionError("data/names.txt is neither near the program nor near the current folder; name a file with --data")
    }
    return path
  }
}

/// Picks each option's value and notes where it came from.
private struct Resolver {
  let file: ConfigurationFile?
  private(set) var chosen: [String] = []

  init(file: ConfigurationFile?) { self.file = file }

  mutating func resolve<Value>(
    _ name: String, _ flag: Value?, _ configured: Value?, _ fallback: @autoclosure () throws -> Value
  ) rethrows -> Value {
    if let value = optional(name, flag, configured) { return value }
    return try fallback()
  }

  mutating func optional<Value>(_ name: String, _ flag: Value?, _ configured: Value?) -> Value? {
    if let flag {
      chosen.append("\(name) \(flag) (flag)")
      return flag
    }
    if let configured {
      chosen.append("\(name) \(configured) (\(file?.path ?? "file"))")
      return configured
    }
    return nil
  }
}

struct OptionError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
