import Foundation
import MPIRunSupport
import TestSupport
import Testing

/// A folder of checkpoints as a user sees it, and runs that keep theirs there.
final class RunFolder {
  private let temporary: TemporaryFolder
  let path: String
  let metricsPath: String

  init() throws {
    temporary = try TemporaryFolder()
    path = temporary.path("checkpoints")
    metricsPath = temporary.path("metrics.jsonl")
  }

  /// Steps of its checkpoints, ascending.
  var steps: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".safetensors") }
      .compactMap { Int($0.dropFirst("step-".count).prefix { $0.isNumber }) }.sorted()
  }

  /// Records in the metrics file so far.
  var recordedSteps: Int { (try? String(contentsOfFile: metricsPath, encoding: .utf8))?.count { $0 == "\n" } ?? 0 }

  func file(_ step: Int) -> String { String(format: "\(path)/step-%09d.safetensors", step) }

  func remove(_ step: Int) throws { try FileManager.default.removeItem(atPath: file(step)) }

  func damage(_ step: Int) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file(step)))
    bytes[bytes.count / 3] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: file(step)))
  }

  /// The tensors' bytes, without the header.
  func data(_ step: Int) throws -> Data {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file(step)))
    let header = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    return bytes.dropFirst(8 + header)
  }

  /// Parameters and moments at width 16, without the losses.
  func model(_ step: Int) throws -> Data { try data(step).suffix(3 * 4 * 4192) }

  /// Runs `train` with checkpoints here. Metrics are written unless `metrics` is false.
  ///
  /// - Parameters:
  ///   - nodes: ranks of each node that the ranks pretend to be on, nil for one.
  ///   - hinder: options of the program `hinder`, under which each rank then runs.
  func run(
    _ ranks: Int, _ arguments: [String], nodes: String? = nil, options: [String] = withoutGrace, metrics: Bool = true,
    under hinder: [String] = [], timeout: Duration = .seconds(60), meanwhile: (RunningJob) throws -> Void = { _ in }
  ) throws -> RunResult {
    let environment = nodes.map { ["DDP_TRAIN_TEST_NODES": $0] } ?? [:]
    let words = common + (metrics ? ["--metrics", metricsPath] : []) + arguments
    let job = MPIRun(ranks: ranks, options: options, environment: environment)
    guard !hinder.isEmpty else { return try job.run("ddp-train", words, timeout: timeout, meanwhile: meanwhile) }
    return try job.run(
      "hinder", hinder + [try builtProgram("ddp-train")] + words, timeout: timeout, meanwhile: meanwhile)
  }

  private var common: [String] {
    ["--d-model", "16", "--generate", "0", "--progress", "never", "--checkpoint-dir", path]
  }

  /// A second job, without mpirun and without waiting for the running one to end as all other tests do: for 30 seconds
  /// at most.
  ///
  /// - Parameters:
  ///   - hinder: as of `run`.
  ///   - room: the words of a program that starts it.
  func startBeside(_ arguments: [String], under hinder: [String], in room: [String] = []) throws -> RunResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["timeout", "30"] + room + (hinder.isEmpty ? [] : [try builtProgram("hinder")] + hinder)
      + [try builtProgram("ddp-train")] + common + arguments
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    let start = ContinuousClock.now
    try process.run()
    let text = [output, errors].map { String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
    process.waitUntilExit()
    return RunResult(
      exitCode: process.terminationStatus, stdout: text[0], stderr: text[1], elapsed: start.duration(to: .now))
  }

  /// To another name beside it.
  func move() throws { try FileManager.default.moveItem(atPath: path, toPath: path + ".elsewhere") }

  func clear() throws { try FileManager.default.removeItem(atPath: path) }

  /// As `run`, of a run that ends well; its metrics.
  func train(_ ranks: Int, _ arguments: [String], nodes: String? = nil) throws -> Metrics {
    let result = try run(ranks, arguments + ["--quiet"], nodes: nodes)
    try #require(result.exitCode == 0, "\(result)")
    return try Metrics(path: metricsPath)
  }
}
