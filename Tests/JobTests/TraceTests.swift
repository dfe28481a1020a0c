import Foundation
import MPIRunSupport
import TestSupport
import Testing

/// A trace file, read as a viewer would.
private struct TraceContent {
  struct Slice {
    var rank, step: Int
    var name, category: String
    /// Nanoseconds.
    var start, end: Int
  }

  var slices: [Slice] = []
  /// By rank.
  var names: [Int: String] = [:]
  var clocks: [[String: Any]] = []

  init(path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    clocks = try #require((object["otherData"] as? [String: Any])?["clocks"] as? [[String: Any]])
    for event in try #require(object["traceEvents"] as? [[String: Any]]) {
      let rank = try #require(event["pid"] as? Int)
      let arguments = try #require(event["args"] as? [String: Any])
      let name = try #require(event["name"] as? String)
      if event["ph"] as? String == "M" {
        if name == "process_name" { names[rank] = arguments["name"] as? String }
        continue
      }
      #expect(event["ph"] as? String == "X")
      let start = Int((try #require(event["ts"] as? Double) * 1000).rounded())
      let duration = Int((try #require(event["dur"] as? Double) * 1000).rounded())
      slices.append(
        Slice(
          rank: rank, step: try #require(arguments["step"] as? Int), name: name,
          category: try #require(event["cat"] as? String), start: start, end: start + duration))
    }
  }

  func phases(_ rank: Int) -> [Slice] { slices.filter { $0.rank == rank && $0.category == "phase" } }
  func steps(_ rank: Int) -> [Slice] { slices.filter { $0.rank == rank && $0.category == "step" } }
}

extension Jobs {
  @Suite("traces")
  struct Traces {
    private func trace(_ start: Start, _ arguments: [String]) throws -> TraceContent {
      let folder = try TemporaryFolder()
      let path = folder.path("trace.json")
      let result = try ddpTrain(start, arguments + ["--trace", path, "--quiet", "--generate", "0"])
      try #require(result.exitCode == 0, "\(result)")
      return try TraceContent(path: path)
    }

    @Test(
      "a track for each rank, its phases one after the other in each step",
      arguments: [
        (Start.alone, []), (.ranks(2), []), (.ranks(3), ["--sync", "allreduce"]), (.ranks(2), ["--reproducible"]),
        // Shards, and micro-shards, in pieces.
        (.ranks(2), ["--batch", "1000"]), (.ranks(2), ["--batch", "2000", "--d-model", "64", "--reproducible"]),
      ])
    func tracks(start: Start, more: [String]) throws {
      let ranks = if case .ranks(let count) = start { count } else { 1 }
      let trace = try trace(start, ["--steps", "20", "--trace-steps", "5:8"] + more)
      #expect(Set(trace.names.keys) == Set(0..<ranks))
      var names: Set = ["selection", "forward", "backward", "synchronisation", "adam"]
      if ranks > 1 { names.insert("wait") }
      for rank in 0..<ranks {
        #expect(trace.names[rank]?.hasPrefix("rank \(rank) on ") == true)
        let phases = trace.phases(rank)
        for (phase, next) in zip(phases, phases.dropFirst()) {
          #expect(phase.start <= phase.end && phase.end <= next.start, "\(phase) \(next)")
        }
        #expect(trace.steps(rank).map(\.step) == Array(5..<13))
        for step in trace.steps(rank) {
          let own = phases.filter { $0.step == step.step }
          #expect(Set(own.map(\.name)) == names)
          #expect(own.first?.start == step.start && own.last?.end == step.end)
          // The clock is read once between two phases: nothing of a step is left out.
          #expect(own.map { $0.end - $0.start }.reduce(0, +) == step.end - step.start)
        }
      }
      // Ranks meet in every step: no one's begins before everybody's last one has got its gradients together.
      for step in 6..<13 {
        let begins = (0..<ranks).compactMap { rank in trace.steps(rank).first { $0.step == step }?.start }
        let backwards = (0..<ranks).compactMap { rank in
          trace.phases(rank).last { $0.step == step - 1 && $0.name == "backward" }?.end
        }
        #expect(begins.count == ranks && (begins.min() ?? 0) >= (backwards.max() ?? 0))
      }
    }

    @Test("the clocks of ranks on one machine are one: what is measured is within its error of zero")
    func clocks() throws {
      let trace = try trace(.ranks(3), ["--steps", "3"])
      #expect(trace.clocks.compactMap { $0["rank"] as? Int } == [0, 1, 2])
      for clock in trace.clocks {
        #expect(clock["shared"] as? Bool == true)
        let offset = try #require(clock["offset_ns"] as? Double)
        let error = try #require(clock["error_ns"] as? Double)
        // Half a nanosecond: the middle of an odd number of them.
        #expect(abs(offset) <= error + 0.5, "\(clock)")
      }
    }

    @Test(
      "the usual steps of a short run, and of a long one", arguments: [(3, 1...3), (60, 11...60), (200, 101...150)])
    func usual(steps: Int, traced: ClosedRange<Int>) throws {
      let trace = try trace(.alone, ["--steps", "\(steps)", "--d-model", "16"])
      #expect(trace.steps(0).map(\.step) == Array(traced))
    }

    @Test("what cannot be traced is said before training", arguments: Start.both)
    func refused(start: Start) throws {
      for (arguments, message, code) in [
        (["--trace", "/no/such/trace"], "--trace /no/such/trace: there is no folder /no/such", 1),
        (["--trace", "/"], "--trace /: is a directory, not a file", 1),
        (["--trace", "/no/such", "--trace-steps", "9:3"], "trace-steps 9:3 ends after the run's last step, 10", 64),
        (["--trace-steps", "1:1"], "trace-steps 1:1 without a trace", 64),
      ] as [([String], String, Int32)] {
        let result = try ddpTrain(start, ["--steps", "10"] + arguments)
        expectFailure(result, saying: message, code: code)
        #expect(result.stdout == "", "\(result)")
      }
    }

    @Test("a trace does not change the run")
    func harmless() throws {
      let folder = try TemporaryFolder()
      let arguments = ["--steps", "30", "--generate", "0"]
      let plain = try ddpTrain(.ranks(2), arguments)
      let traced = try ddpTrain(.ranks(2), arguments + ["--trace", folder.path("trace.json")])
      #expect(plain.line("parameters") != nil)
      #expect(plain.line("parameters") == traced.line("parameters"))
    }
  }
}
