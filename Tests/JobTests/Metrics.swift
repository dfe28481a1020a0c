import Foundation
import MPIRunSupport
import TestSupport
import Testing

/// A metrics file, read as strictly as it is specified.
struct Metrics {
  struct Record {
    var step: Int
    /// With --eval-every alone.
    var heldOut: Double?
    var loss, elapsedSeconds, microsecondsPerStep, positionsPerSecond: Double
    /// µs
    var forward, backward, synchronisation, wait, adam: Double
  }

  struct Final {
    var steps: Int
    var lossLast100, microsecondsPerStep: Double
    var parametersHash: String
    var strategy: String
    var interrupted: Bool
    var heldOut: (loss: Double, names: Int)?
    var resumedFrom: Int?
  }

  let records: [Record]
  let final: Final

  var losses: [Double] { records.map(\.loss) }

  static let recordKeys: Set = [
    "step", "loss", "elapsed_seconds", "us_per_step", "forward_us", "backward_us", "sync_us", "wait_us", "adam_us",
    "positions_per_second",
  ]
  static let recordHeldOutKey = "held_out_loss"
  static let finalKeys: Set = [
    "final", "steps", "loss_last_100", "us_per_step", "parameters_hash", "work_inflation", "load_balance", "sync",
    "interrupted", "format_version",
  ]
  static let resumedKey = "resumed_from_step"
  static let heldOutKeys: Set = ["loss_held_out", "held_out_names"]

  /// - Throws: where a line is no JSON object of the specified keys and types, or the final line is not last.
  init(path: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasSuffix("\n"))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    records = try lines.dropLast().map { try Self.record(Line($0)) }
    final = try Self.final(Line(try #require(lines.last)))
  }

  private static func record(_ line: Line) throws -> Record {
    let hasHeldOut = line.keys.contains(recordHeldOutKey)
    #expect(line.keys == recordKeys.union(hasHeldOut ? [recordHeldOutKey] : []))
    return try Record(
      step: line.integer("step"), heldOut: hasHeldOut ? line.number(recordHeldOutKey) : nil, loss: line.number("loss"),
      elapsedSeconds: line.number("elapsed_seconds"),
      microsecondsPerStep: line.number("us_per_step"), positionsPerSecond: line.number("positions_per_second"),
      forward: line.number("forward_us"), backward: line.number("backward_us"),
      synchronisation: line.number("sync_us"), wait: line.number("wait_us"), adam: line.number("adam_us"))
  }

  private static func final(_ line: Line) throws -> Final {
    let hasHeldOut = line.keys.contains("loss_held_out")
    let isResumed = line.keys.contains(resumedKey)
    let expected = finalKeys.union(hasHeldOut ? heldOutKeys : []).union(isResumed ? [resumedKey] : [])
    #expect(line.keys == expected)
    #expect(try line.truth("final"))
    return try Final(
      steps: line.integer("steps"), lossLast100: line.number("loss_last_100"),
      microsecondsPerStep: line.number("us_per_step"), parametersHash: line.text("parameters_hash"),
      strategy: line.text("sync"), interrupted: line.truth("interrupted"),
      heldOut: hasHeldOut ? (line.number("loss_held_out"), line.integer("held_out_names")) : nil,
      resumedFrom: isResumed ? line.integer(resumedKey) : nil)
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
    let (data, decoder) = (Data(text.utf8), JSONDecoder())
    // All but the last line have numbers alone, and are read much faster as such.
    if let numbers = try? decoder.decode([String: Double].self, from: data) {
      values = numbers.mapValues { .number($0) }
    } else {
      values = try decoder.decode([String: Value].self, from: data)
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
