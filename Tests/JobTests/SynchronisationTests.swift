import Foundation
import MPIRunSupport
import TestSupport
import Testing
import Topology

extension Jobs {
  /// Every strategy, on every number of ranks, arrives where one rank does.
  @Suite("synchronisation")
  struct SynchronisationTests {
    static let strategies = ["allreduce", "sharded", "shared", "factors", "hierarchical", "overlap", "auto"]

    /// What sync-exercise found.
    private struct Exercise {
      var strategy: String
      var error, allocations, library: Double
      var hash: String

      init(_ result: RunResult) throws {
        try #require(result.exitCode == 0, "\(result)")
        let line = try #require(result.stdout.split(separator: "\n").last, "\(result)")
        let words = line.split(whereSeparator: { ":, ".contains($0) }).map(String.init)
        func value(_ key: String) throws -> String {
          words[try #require(words.firstIndex(of: key), "\(result)") + 1]
        }
        strategy = words[0]
        error = try #require(Double(value("error")))
        allocations = try #require(Double(value("allocations")))
        library = try #require(Double(value("library")))
        hash = try value("hash")
      }
    }

    private func exercise(
      _ strategy: String, ranks: Int, width: Int = 32, steps: Int = 5, bucketKiB: Int = 8, domains: Int? = nil,
      nodes: String? = nil
    ) throws -> Exercise {
      let environment = nodes.map { ["DDP_TRAIN_TEST_NODES": $0] } ?? [:]
      return try Exercise(
        MPIRun(ranks: ranks, options: withoutGrace, environment: environment)
          .run(
            "sync-exercise", [strategy, "\(width)", "\(steps)", "\(bucketKiB)"] + (domains.map { ["\($0)"] } ?? [])))
    }

    /// The contract for parameters after five updates by another summation, norm-wise: 1e-3. A gradient whose sum is
    /// wrong by one rank's share moves them by 1e-1. All ranks have the same ones, and so has a second run.
    @Test("parameters are those of one rank, on all ranks, twice", arguments: strategies, 1...4)
    func parameters(strategy: String, ranks: Int) throws {
      let first = try exercise(strategy, ranks: ranks)
      #expect(first.error < 1e-3, "\(first)")
      #expect(!first.hash.contains("/"), "ranks differ: \(first)")
      #expect(try exercise(strategy, ranks: ranks).hash == first.hash)
    }

    /// Seven names on more ranks; slices smaller than a stripe, some empty; more buckets than matrices.
    @Test("ranks without names, ranks without parameters", arguments: strategies)
    func manyRanks(strategy: String) throws {
      let run = try exercise(strategy, ranks: 9, width: 16, steps: 3, bucketKiB: 1)
      #expect(run.error < 1e-3 && !run.hash.contains("/"), "\(run)")
    }

    /// More ranks than a flat barrier is for. They share their cores, so it is MPI's here; the one on atomics has its
    /// own test in Tests/memory-order.
    @Test("a node of many ranks")
    func wave() throws {
      let run = try exercise("shared", ranks: 17, width: 16, steps: 3)
      #expect(run.error < 1e-3 && !run.hash.contains("/"), "\(run)")
    }

    @Test("a replica for each domain of a host's memory: parameters are those of one rank, on all ranks, twice")
    func domains() throws {
      for (ranks, domains) in [(2, 2), (3, 2), (4, 4), (5, 2), (7, 4)] {
        let first = try exercise("shared", ranks: ranks, domains: domains)
        #expect(first.error < 1e-3 && !first.hash.contains("/"), "\(ranks) ranks, \(domains) domains: \(first)")
        #expect(first.allocations == 0, "\(first)")
        #expect(try exercise("shared", ranks: ranks, domains: domains).hash == first.hash)
      }
      // Slices smaller than a tile, some empty.
      let many = try exercise("shared", ranks: 40, width: 16, steps: 3, domains: 2)
      #expect(many.error < 1e-3 && !many.hash.contains("/"), "\(many)")
    }

    @Test("domains that cannot be: one line")
    func noDomains() throws {
      let run = { (nodes: String?, arguments: [String]) in
        try MPIRun(
          ranks: 2, options: withoutGrace, environment: nodes.map { ["DDP_TRAIN_TEST_NODES": $0] } ?? [:]
        ).run("ddp-train", ["--steps", "3"] + arguments)
      }
      expectFailure(
        try run(nil, ["--domains", "3"]), saying: "domains 3 needs a rank for each of them, and there are 2")
      expectFailure(
        try run("1,1", ["--domains", "2"]), saying: "domains 2 needs all ranks on one node, and these 2 are on 2")
      expectFailure(
        try run(nil, ["--domains", "0"]), saying: "--domains \"0\" is not a whole number from 1 to 64", code: 64)
      let said = try run(nil, ["--domains", "2"]).line("ranks")
      // 53,632 parameters of another domain.
      #expect(
        said?.hasSuffix("synchronisation shared in 2 domains, 215 kB into each per step") == true, "\(said ?? "")")
    }

    @Test(
      "the domains are those of the machine's memory, where ranks are bound in them",
      .enabled(if: [0, 1].allSatisfy(allowedCPUs().contains), "ranks are bound to CPUs 0 and 1"))
    func domainsOfTheMachine() throws {
      func line(_ launch: String) throws -> String {
        let result = try MPIRun.runScript(
          "exec mpirun -np 2 --oversubscribe --bind-to none -x 'HWLOC_SYNTHETIC=pack:2 [numa] core:1 pu:1' \(launch) "
            + "--steps 3 --generate 0 --progress never", program: "ddp-train")
        return try #require(result.line("ranks"), "\(result)")
      }
      let bound = try line("sh -c 'exec taskset -c $OMPI_COMM_WORLD_RANK \"$0\" \"$@\"' \"$0\"")
      #expect(bound.contains("shared in 2 domains, "), "\(bound)")
      // `auto` then times two ways to share memory, and either may win.
      let free = try line("\"$0\"")
      #expect(free.hasSuffix("shared") || free.hasSuffix("factors"), "\(free)")
    }

    /// A server's worth of ranks, of which each core here has 32.
    @Test("64 ranks: every strategy has the losses of one rank, and reproducible runs its bits")
    func server() throws {
      let arguments = ["--d-model", "16", "--batch", "128", "--steps", "12", "--seed", "5"]
      let one = try train(.ranks(1), arguments)
      for strategy in Self.strategies {
        let many = try train(.ranks(64), arguments + ["--sync", strategy])
        #expect(many.losses.count == 12)
        for (own, expected) in zip(many.losses, one.losses) {
          #expect(abs(own - expected) < 1e-5 * expected, "\(strategy)")
        }
      }
      let reproducible = arguments + ["--reproducible", "--micro-shards", "64"]
      let hash = try train(.ranks(1), reproducible).final.parametersHash
      for more in [["--sync", "shared"], ["--sync", "factors"], ["--sync", "hierarchical"], ["--domains", "4"]] {
        #expect(try train(.ranks(64), reproducible + more).final.parametersHash == hash, "\(more)")
      }
    }

    @Test("any mix of ranks on several nodes", arguments: ["1,1", "2,1", "1,2", "2,2", "3,1", "1,1,1", "2,1,2"])
    func severalNodes(nodes: String) throws {
      let ranks = nodes.split(separator: ",").reduce(0) { $0 + (Int($1) ?? 0) }
      let first = try exercise("hierarchical", ranks: ranks, nodes: nodes)
      #expect(first.error < 1e-3 && !first.hash.contains("/"), "\(first)")
      #expect(try exercise("auto", ranks: ranks, nodes: nodes).hash == first.hash)
    }

    /// Open MPI's collectives allocate room to receive into; a strategy allocates nothing besides. Where ranks share
    /// memory there is nothing to receive.
    @Test(
      "a step allocates nothing of its own", arguments: ["allreduce", "sharded", "shared", "factors", "overlap"],
      [1, 2, 3])
    func allocations(strategy: String, ranks: Int) throws {
      let run = try exercise(strategy, ranks: ranks, steps: 40)
      if strategy == "shared" || strategy == "factors" || ranks == 1 {
        #expect(run.allocations == 0, "\(run)")
      } else {
        #expect(run.allocations <= run.library + 0.5, "\(run)")
      }
    }

    @Test(
      "ranks that draw batches for each other train as those that draw each for itself", arguments: [1, 2, 3, 5, 24])
    func batches(ranks: Int) throws {
      let result = try MPIRun(ranks: ranks, options: withoutGrace).run("sync-exercise", ["batches"])
      #expect(result.exitCode == 0 && result.lines == ["the same: 4 runs"], "\(result)")
    }

    /// Two, since MPI's sum over more has an order of its own.
    @Test("one rank that plays groups ends with the same bits as the groups themselves")
    func groups() throws {
      let result = try MPIRun(ranks: 2, options: withoutGrace).run("sync-exercise", ["groups"])
      #expect(result.exitCode == 0 && result.lines == ["the same: 4 runs"], "\(result)")
    }

    /// With one rank there is nothing to exchange, and with ranks that have no names nothing to keep.
    @Test("factors give the same bits as gradients", arguments: [1, 2, 3, 9], [16, 48, 80])
    func factors(ranks: Int, width: Int) throws {
      let gradients = try exercise("shared", ranks: ranks, width: width)
      let factors = try exercise("factors", ranks: ranks, width: width)
      #expect(factors.hash == gradients.hash && !factors.hash.contains("/"), "\(factors)")
    }

    @Test("an engine that keeps no factors: one line that says what to use")
    func noFactors() throws {
      let scalar = try ddpTrain(.ranks(2), ["--sync", "factors", "--engine", "scalar", "--steps", "3"])
      expectFailure(
        scalar, saying: "sync factors needs the engine simd, and this is scalar; use shared or auto", code: 64)
    }

    @Test("auto shares memory on one node")
    func automatic() throws {
      #expect(try exercise("auto", ranks: 2).strategy == "shared")
      #expect(try exercise("auto", ranks: 2, nodes: "1,1").strategy == "hierarchical")
    }

    @Test("losses, signals and summaries are there with every strategy", arguments: strategies)
    func program(strategy: String) throws {
      let arguments = ["--steps", "40", "--batch", "7", "--sync", strategy]
      let (one, many) = (try train(.ranks(1), arguments), try train(.ranks(3), arguments))
      #expect(abs(many.losses[0] - one.losses[0]) < 1e-5 * one.losses[0])
      #expect(abs(many.losses[39] - one.losses[39]) < 0.02 * one.losses[39])
      #expect(try train(.ranks(3), arguments).losses == many.losses)
    }

    /// Which one wins is the machine's business.
    @Test("a tournament: a table of all that can be had, and the winner's run")
    func tournament() throws {
      let folder = try TemporaryFolder()
      let path = folder.path("metrics.jsonl")
      let arguments = [
        "--sync-tournament", "--d-model", "16", "--steps", "20", "--metrics", path, "--progress", "never",
      ]
      let result = try ddpTrain(.ranks(2), arguments)
      #expect(result.exitCode == 0, "\(result)")
      let first = try #require(result.lines.firstIndex { $0.hasPrefix("tournament ") }, "\(result)")
      let table = result.lines[(first + 1)...].prefix { !$0.isEmpty }.map { $0.split(separator: " ").map(String.init) }
      let all: Set = ["allreduce", "sharded", "shared", "factors", "hierarchical", "overlap"]
      #expect(Set(table.map { $0[0] }) == all, "\(result)")
      let times = table.compactMap { Double($0[1]) }
      #expect(times.count == 6 && times == times.sorted() && times.allSatisfy { $0 > 0 }, "\(result)")
      #expect(result.line("ranks")?.hasSuffix("synchronisation \(table[0][0])") == true, "\(result)")
      let metrics = try Metrics(path: path)
      #expect(metrics.final.strategy == table[0][0])
      // What the tournament trained is forgotten.
      let plain = try train(.ranks(2), ["--d-model", "16", "--steps", "20", "--sync", table[0][0]])
      #expect(plain.losses == metrics.losses)
    }

    @Test("a tournament of engines: each with every strategy it can have, and the fastest first")
    func tournamentOfEngines() throws {
      let result = try MPIRun(ranks: 2).run("sync-exercise", ["tournament", "scalar", "simd"])
      let rows = result.lines.map { $0.split(separator: " ").map(String.init) }
      let strategies: Set = ["allreduce", "sharded", "shared", "hierarchical", "overlap"]
      #expect(Set(rows.filter { $0[0] == "simd" }.map { $0[1] }) == strategies.union(["factors"]), "\(result)")
      #expect(Set(rows.filter { $0[0] == "scalar" }.map { $0[1] }) == strategies, "\(result)")
      // Plain loops take ten times as long.
      #expect(rows.first?[0] == "simd", "\(result)")
      let times = rows.compactMap { Double($0[2]) }
      #expect(times.count == rows.count && times == times.sorted(), "\(result)")
    }

    @Test("a tournament leaves nothing to choose by hand")
    func tournamentRefused() throws {
      for (arguments, message) in [
        (["--sync", "shared"], "sync-tournament chooses the strategy itself; leave sync shared out"),
        (["--reproducible"], "sync-tournament has nothing to choose from"),
      ] {
        expectFailure(try ddpTrain(.ranks(2), ["--sync-tournament"] + arguments), saying: message, code: 64)
      }
      #expect(try ddpTrain(.alone, ["--sync-tournament", "--steps", "2", "--d-model", "16"]).exitCode == 0)
    }

    @Test("what shares memory needs one node, and says what to use instead", arguments: ["shared", "factors"])
    func sharedOnSeveralNodes(strategy: String) throws {
      let job = MPIRun(ranks: 2, options: withoutGrace, environment: ["DDP_TRAIN_TEST_NODES": "1,1"])
      let result = try job.run("ddp-train", ["--sync", strategy, "--steps", "5"])
      expectFailure(
        result, saying: "sync \(strategy) needs all ranks on one node, and these 2 are on 2; use hierarchical")
    }

    /// /proc is a file system without room.
    @Test("shared memory that cannot be had: an error where it was asked for, a stated fallback where not")
    func noRoom() throws {
      let job = MPIRun(
        ranks: 2, options: withoutGrace, environment: ["OMPI_MCA_osc_sm_backing_directory": "/proc"])
      let message = "bytes are needed in /proc on each node and there are 0"
      for strategy in ["shared", "factors", "hierarchical"] {
        expectFailure(try job.run("ddp-train", ["--sync", strategy, "--steps", "5"]), saying: message)
      }
      let fallback = try job.run("ddp-train", ["--steps", "5", "--progress", "never"])
      #expect(fallback.exitCode == 0, "\(fallback)")
      #expect(fallback.stderr.contains(message + "; gradients are all-reduced instead"), "\(fallback)")
      #expect(fallback.line("ranks")?.hasSuffix("synchronisation allreduce") == true, "\(fallback)")
    }

    @Test("an unknown strategy: the known ones")
    func unknown() throws {
      let result = try ddpTrain(.alone, ["--sync", "sheard"])
      #expect(result.exitCode == 64, "\(result)")
      for strategy in Self.strategies { #expect(result.stderr.contains(strategy), "\(result)") }
      let folder = try TemporaryFolder()
      let file = try folder.file("run.yaml", "sync: sheard\n")
      expectFailure(
        try ddpTrain(.alone, ["--config", file]), saying: "run.yaml:1: sync: \"sheard\" is not one of auto, ", code: 64)
    }
  }
}
