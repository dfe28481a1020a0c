import Foundation
import MPIRunSupport
import TestSupport
import Testing

/// A metrics file, read as strictly as it is specified.
struct Metrics {
  struct Record {
    var step: Int
    /// Of the step's evaluation, if it has one.
    var heldOut: Double?
    var loss, learningRate, elapsedSeconds, microsecondsPerStep: Double
    var positionsPerSecond, namesPerSecond, lettersPerSecond: Double
    /// µs
    var forward, backward, synchronisation, wait, adam: Double
  }

  struct Final {
    var steps: Int
    var lossLast100, microsecondsPerStep: Double
    var parametersHash: String
    var strategy: String
    var interrupted: Bool
    /// Of the last step's evaluation, if it has one.
    var heldOut: (loss: Double, names: Int)?
    var resumedFrom: Int?
  }

  /// In names, with its interval.
  struct NoiseScale: Equatable {
    var step: Int
    var scale, low, high: Double
  }

  let records: [Record]
  let noiseScales: [NoiseScale]
  let final: Final

  var losses: [Double] { records.map(\.loss) }

  static let recordKeys: Set = [
    "type", "step", "loss", "learning_rate", "elapsed_seconds", "us_per_step", "forward_us", "backward_us", "sync_us",
    "wait_us", "adam_us",
    "positions_per_second", "names_per_second", "letters_per_second",
  ]
  static let evaluationKeys: Set = ["type", "step", "held_out_loss", "held_out_names"]
  static let noiseKeys: Set = [
    "type", "step", "noise_scale", "noise_scale_low", "noise_scale_high", "predictions", "predictions_low",
    "predictions_high", "gradient_noise", "gradient_squared", "groups", "names",
  ]
  /// Of the links of a run's chain, which `VerifyTests` look at.
  private static let linkStart = "{\"type\": \"link\", \"step\": "
  /// Of runs whose ranks are groups that take steps of their own, besides.
  static let groupKeys: Set = ["groups", "exchanges", "exchange_seconds"]
  /// Of energy, where it was measured or watts are assumed.
  static let energyKeys: Set = [
    "joules", "joules_per_million_names", "energy_source", "assumed_watts", "assumed_joules",
    "assumed_joules_per_million_names", "core_seconds_per_million_names",
  ]
  static let finalKeys: Set = [
    "type", "steps", "loss_last_100", "us_per_step", "parameters_hash", "work_inflation", "load_balance", "sync",
    "interrupted", "resumed_from_step", "format_version",
  ]

  /// - Throws: where a line is no JSON object of the specified keys and types, or the final line is not last.
  init(path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasSuffix("\n"))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    var records: [Record] = []
    var evaluations: [(step: Int, loss: Double, names: Int)] = []
    var noiseScales: [NoiseScale] = []
    for text in lines.dropLast() where !text.hasPrefix(Self.linkStart) {
      let line = try Line(text)
      if try line.text("type") == "noise_scale" {
        #expect(line.keys == Self.noiseKeys)
        #expect(try line.integer("step") == records.last?.step)
        noiseScales.append(
          try NoiseScale(
            step: line.integer("step"), scale: line.number("noise_scale"), low: line.number("noise_scale_low"),
            high: line.number("noise_scale_high")))
        continue
      }
      guard try line.text("type") == "evaluation" else {
        records.append(try Self.record(line))
        continue
      }
      #expect(line.keys == Self.evaluationKeys)
      evaluations.append(
        (try line.integer("step"), try line.number("held_out_loss"), try line.integer("held_out_names")))
      // It comes after its step's record, once.
      #expect(evaluations.last?.step == records.last?.step && records.last?.heldOut == nil)
      if !records.isEmpty { records[records.count - 1].heldOut = evaluations.last?.loss }
    }
    (self.records, self.noiseScales) = (records, noiseScales)
    var final = try Self.final(Line(try #require(lines.last)))
    if let last = evaluations.last, last.step == final.steps { final.heldOut = (last.loss, last.names) }
    self.final = final
  }

  private static func record(_ line: Line) throws -> Record {
    #expect(try line.text("type") == "step")
    #expect(line.keys == recordKeys)
    return try Record(
      step: line.integer("step"), loss: line.number("loss"), learningRate: line.number("learning_rate"),
      elapsedSeconds: line.number("elapsed_seconds"), microsecondsPerStep: line.number("us_per_step"),
      positionsPerSecond: line.number("positions_per_second"), namesPerSecond: line.number("names_per_second"),
      lettersPerSecond: line.number("letters_per_second"),
      forward: line.number("forward_us"), backward: line.number("backward_us"),
      synchronisation: line.number("sync_us"), wait: line.number("wait_us"), adam: line.number("adam_us"))
  }

  private static func final(_ line: Line) throws -> Final {
    #expect(line.keys.subtracting(groupKeys).subtracting(energyKeys) == finalKeys)
    #expect(try line.text("type") == "final")
    let resumedFrom = try line.integer("resumed_from_step")
    return try Final(
      steps: line.integer("steps"), lossLast100: line.number("loss_last_100"),
      microsecondsPerStep: line.number("us_per_step"), parametersHash: line.text("parameters_hash"),
      strategy: line.text("sync"), interrupted: line.truth("interrupted"),
      resumedFrom: resumedFrom > 0 ? resumedFrom : nil)
  }
}

/// One JSON object. JSONSerialization would round some numbers to a neighbour of what the file says.
private struct Line {
  private let values: [String: Value]
  var keys: Set<String> { Set(values.keys) }

  private enum Value: Decodable {
    case truth(Bool)
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let truth = try? value.decode(Bool.self) {
        self = .truth(truth)
      } else if let number = try? value.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try value.decode(String.self))
      }
    }
  }

  init(_ text: some StringProtocol) throws {
    let decoder = JSONDecoder()
    // A step has numbers alone besides its type, and is read much faster as such.
    let step = "{\"type\": \"step\", "
    if text.hasPrefix(step),
      let numbers = try? decoder.decode([String: Double].self, from: Data("{\(text.dropFirst(step.count))".utf8))
    {
      values = numbers.mapValues { .number($0) }.merging(["type": .text("step")]) { $1 }
    } else {
      values = try decoder.decode([String: Value].self, from: Data(text.utf8))
    }
  }

  func number(_ key: String) throws -> Double {
    guard case .number(let value) = values[key] else { throw WrongType(key: key, values: "\(values)") }
    return value
  }

  func integer(_ key: String) throws -> Int {
    guard let value = Int(exactly: try number(key)) else { throw WrongType(key: key, values: "\(values)") }
    return value
  }

  func text(_ key: String) throws -> String {
    guard case .text(let value) = values[key] else { throw WrongType(key: key, values: "\(values)") }
    return value
  }

  func truth(_ key: String) throws -> Bool {
    guard case .truth(let value) = values[key] else { throw WrongType(key: key, values: "\(values)") }
    return value
  }

  private struct WrongType: Error {
    let key, values: String
  }
}

/// Trains, and reads the metrics. The run must end well.
func train(_ start: Start, _ arguments: [String]) throws -> Metrics {
  let folder = try TemporaryFolder()
  let path = folder.path("metrics.jsonl")
  let result = try ddpTrain(start, arguments + ["--metrics", path, "--quiet", "--generate", "0"])
  try #require(result.exitCode == 0, "\(result)")
  #expect(result.stdout == "", "\(result)")
  return try Metrics(path: path)
}
