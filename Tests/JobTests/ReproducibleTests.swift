import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// The same parameters to the bit on every number of ranks.
  @Suite("--reproducible")
  struct Reproducible {
    private func hash(_ ranks: Int, _ more: [String] = []) throws -> String {
      try train(.ranks(ranks), ["--reproducible", "--d-model", "16", "--steps", "200"] + more).final.parametersHash
    }

    @Test("200 steps on 1 to 8 ranks", arguments: [16, 7])
    func anyRanks(batch: Int) throws {
      let one = try hash(1, ["--batch", "\(batch)"])
      for ranks in 2...8 { #expect(try hash(ranks, ["--batch", "\(batch)"]) == one, "N = \(ranks)") }
    }

    /// A batch that grows leaves micro-shards without names at first.
    @Test("factors have the hash of gradients, on any number of ranks", arguments: [16, 24])
    func factors(batch: Int) throws {
      let growing = ["--batch", "\(batch)", "--batch-ramp", "3"]
      let one = try hash(1, growing)
      for ranks in [1, 2, 3, 5] {
        #expect(try hash(ranks, growing + ["--sync", "factors"]) == one, "N = \(ranks)")
      }
    }

    @Test("any number of micro-shards, on any number of ranks", arguments: [1, 4, 64, 1024])
    func microShards(most: Int) throws {
      let arguments = ["--batch", "100", "--batch-ramp", "1", "--steps", "30", "--micro-shards", "\(most)"]
      let one = try hash(1, arguments)
      for ranks in [2, 3, 20] { #expect(try hash(ranks, arguments) == one, "N = \(ranks)") }
      #expect(try hash(3, arguments + ["--sync", "factors"]) == one)
      #expect(try hash(1, ["--batch", "100", "--batch-ramp", "1", "--steps", "30"]) != one)
    }

    @Test("and on any number of domains", arguments: [2, 4, 5])
    func domains(ranks: Int) throws {
      let arguments = ["--batch", "24", "--batch-ramp", "1"]
      let one = try hash(1, arguments)
      for domains in [1, 2, 4] where domains <= ranks {
        #expect(try hash(ranks, arguments + ["--domains", "\(domains)"]) == one, "\(domains) domains")
      }
    }

    @Test("a domain all of whose ranks are beyond the micro-shards")
    func domainWithoutNames() throws {
      #expect(try hash(36, ["--steps", "20", "--domains", "2"]) == hash(1, ["--steps", "20"]))
    }

    @Test("another seed is another run, and so is one that is not reproducible")
    func others() throws {
      let one = try hash(1)
      #expect(try hash(1, ["--seed", "2"]) != one)
      let plain = try [2, 3].map { ranks in
        try train(.ranks(ranks), ["--d-model", "16", "--steps", "200"]).final.parametersHash
      }
      #expect(plain[0] != plain[1] && !plain.contains(one))
    }

    @Test("is right: the first losses are those of any run")
    func losses() throws {
      let plain = try train(.ranks(1), ["--steps", "5"]).losses
      let reproducible = try train(.ranks(3), ["--steps", "5", "--reproducible"]).losses
      for (one, other) in zip(plain, reproducible) { #expect(abs(one - other) < 1e-5 * one) }
    }

    @Test(
      "strategies whose sums depend on N are refused with the reason",
      arguments: ["allreduce", "sharded", "overlap"])
    func refused(strategy: String) throws {
      let result = try ddpTrain(.ranks(2), ["--reproducible", "--sync", strategy, "--steps", "5"])
      expectFailure(
        result, saying: "reproducible does not go with sync \(strategy): MPI adds gradients up in an order", code: 64)
    }

    @Test(
      "nodes make no difference, whatever mix of ranks they have",
      arguments: ["1", "2", "1,1", "2,1", "1,2", "2,2", "3,1", "1,1,1", "2,1,2", "1,4,2"])
    func severalNodes(nodes: String) throws {
      let ranks = nodes.split(separator: ",").reduce(0) { $0 + (Int($1) ?? 0) }
      let folder = try TemporaryFolder()
      let path = folder.path("metrics.jsonl")
      let more = ["--batch", "100", "--micro-shards", "128"]
      let arguments =
        ["--reproducible", "--sync", "hierarchical", "--d-model", "16", "--steps", "200", "--quiet"] + more
      let job = MPIRun(ranks: ranks, options: withoutGrace, environment: ["DDP_TRAIN_TEST_NODES": nodes])
      let result = try job.run("ddp-train", arguments + ["--metrics", path])
      try #require(result.exitCode == 0, "\(result)")
      #expect(try Metrics(path: path).final.parametersHash == hash(1, more))
    }

    @Test("and where memory cannot be shared there is no fallback")
    func noRoom() throws {
      let job = MPIRun(ranks: 2, options: withoutGrace, environment: ["OMPI_MCA_osc_sm_backing_directory": "/proc"])
      expectFailure(try job.run("ddp-train", ["--reproducible", "--steps", "5"]), saying: "bytes are needed in /proc")
    }
  }
}
