import MPIRunSupport
import Testing

extension Jobs {
  /// A bit that turns over in one replica, and what the others make of it.
  @Suite("comparison of replicas")
  struct ReplicaChecks {
    /// - Parameter nodes: ranks of each node that the ranks pretend to be on, nil for one.
    private func run(_ ranks: Int, _ sync: String, _ arguments: [String], nodes: String? = nil) throws -> RunResult {
      try MPIRun(
        ranks: ranks, options: withoutGrace, environment: nodes.map { ["DDP_TRAIN_TEST_NODES": $0] } ?? [:]
      ).run(
        "ddp-train",
        ["--d-model", "16", "--steps", "60", "--generate", "0", "--progress", "never", "--sync", sync] + arguments)
    }

    private func withoutHosts(_ result: RunResult) -> String {
      result.stderr.replacing(#/(rank \d+) on \S+?(?=[,;.]? )/#) { $0.1 }
    }

    @Test(
      "a difference stops the run, with step, rank and host",
      arguments: [("allreduce", 33), ("overlap", 33), ("sharded", 40)], [2, 3])
    func replicasOfTheirOwn(of run: (sync: String, step: Int), ranks: Int) throws {
      // Between two comparisons: the next one finds it, but where every gather overwrites what others own.
      let result = try self.run(
        ranks, run.sync, ["--check-replicas", "10", "--inject-bit-flip", "1,\(run.step)"])
      // Of two, nobody knows which is right.
      let other = ranks == 2 ? "rank 0 are not those of rank 1" : "rank 1 are not those of the other ranks"
      expectFailure(result, saying: "replicas differ after step 40: the parameters of ")
      #expect(withoutHosts(result).contains("the parameters of \(other). A faulty"), "\(result)")
      #expect(!result.stdout.contains("parameters hash"), "\(result)")
    }

    @Test(
      "in a shared replica the next rank finds what an owner did not write",
      arguments: [(2, 0, "shared"), (3, 2, "factors"), (4, 1, "shared")])
    func sharedReplica(ranks: Int, rank: Int, sync: String) throws {
      let result = try run(ranks, sync, ["--check-replicas", "10", "--inject-bit-flip", "\(rank),40"])
      expectFailure(result, saying: "replicas differ after step 40: what rank \(rank) on ")
      #expect(result.stderr.contains("wrote is not what others find there"), "\(result)")
    }

    @Test(
      "so is a replica of a domain, and a slice in it",
      arguments: [
        (2, 1, 33, "the parameters of rank 0 are not those of rank 1"),
        (4, 2, 33, "the parameters of rank 0, rank 1 are not those of rank 2, rank 3"),
        (4, 0, 40, "what rank 0 wrote is not what others find there; the parameters of rank 0, rank 1 are not"),
        (4, 3, 40, "what rank 3 wrote is not what others find there; the parameters of rank 0, rank 1 are not"),
      ])
    func domains(ranks: Int, rank: Int, step: Int, found: String) throws {
      let result = try run(
        ranks, "shared", ["--domains", "2", "--check-replicas", "10", "--inject-bit-flip", "\(rank),\(step)"])
      expectFailure(result, saying: "replicas differ after step 40: ")
      #expect(withoutHosts(result).contains("replicas differ after step 40: \(found)"), "\(result)")
    }

    @Test(
      "without a fault nothing is found, and nothing changes",
      arguments: [
        ("allreduce", "3"), ("sharded", "3"), ("shared", "3"), ("factors", "3"), ("hierarchical", "2,1"),
        ("hierarchical", "1,2"),
        ("hierarchical", "1,1,1"),
      ])
    func healthy(sync: String, nodes: String) throws {
      let checked = try run(3, sync, ["--check-replicas", "1"], nodes: nodes)
      let unchecked = try run(3, sync, ["--check-replicas", "0"], nodes: nodes)
      #expect(checked.exitCode == 0 && unchecked.exitCode == 0, "\(checked)\n\(unchecked)")
      #expect(checked.line("parameters") != nil && checked.line("parameters") == unchecked.line("parameters"))
    }

    @Test(
      "over nodes both are looked for: a replica that differs from other nodes', and a slice that no owner wrote",
      arguments: [("2,1", 2, 33), ("2,1", 0, 40), ("1,2", 0, 33), ("2,2", 3, 40)])
    func overNodes(nodes: String, rank: Int, step: Int) throws {
      let ranks = nodes.split(separator: ",").compactMap { Int($0) }.reduce(0, +)
      let result = try run(
        ranks, "hierarchical", ["--check-replicas", "10", "--inject-bit-flip", "\(rank),\(step)"], nodes: nodes)
      expectFailure(result, saying: "replicas differ after step 40: ")
      #expect(result.stderr.contains("rank \(rank) on "), "\(result)")
    }

    @Test("a fault that nobody looks for stays unseen: the injection is real, and so is the comparison")
    func unseen() throws {
      let result = try run(2, "allreduce", ["--check-replicas", "0", "--inject-bit-flip", "1,33"])
      let healthy = try run(2, "allreduce", ["--check-replicas", "0"])
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.line("parameters") != healthy.line("parameters"))
    }

    @Test("options that make no sense", arguments: [("--inject-bit-flip", "1"), ("--inject-bit-flip", "-1,4")])
    func badFlip(option: String, value: String) throws {
      #expect(try ddpTrain(.alone, ["\(option)=\(value)"]).exitCode == 64)
    }

    @Test("a negative interval")
    func badInterval() throws {
      expectFailure(
        try ddpTrain(.alone, ["--check-replicas=-1"]), saying: "--check-replicas \"-1\" is not a whole number from 0",
        code: 64)
    }
  }
}
