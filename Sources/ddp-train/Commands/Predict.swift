import ArgumentParser
import DataParallel
import Files
import GPT
import Laboratory
import MPI
import Options
import Schemas
import Topology
import Values

struct Predict: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predict a step's time and efficiency on up to a million ranks.",
    discussion: """
      Measures one core, and under mpirun the exchanges of 2 and more of its ranks by gradient size; fits latency (α), \
      time per byte (β) and update per parameter (γ) to one core and two ranks; holds the fit against the other numbers \
      of ranks; and predicts the rest. What was not measured, a network from a job on one node for instance, comes from \
      the options, and the table says so. docs/prediction.md has the formulas.
      """)

  struct Table: OptionTable {
    let dModel = Declared(each: Ranges.dModel, default: [16, 32, 64, 128], help: "Widths.")
    let batch = Declared(
      each: Ranges.predictedBatch, default: [16, 1024], help: "Names in a batch; per rank in weak scaling.")
    let sync = Declared(
      each: "sync", default: [SynchronisationStrategy.allreduce, .auto],
      help: "Strategies; allreduce, sharded and auto can be predicted.")
    let mode = Declared(each: "mode", default: [ScalingMode.strong], help: "Kinds of scaling.")
    let latency = Declared(Ranges.latency, otherwise: "measured, else 2", as: "µs", help: "α between hosts, in µs.")
    let bandwidth = Declared(
      Ranges.bandwidth, otherwise: "measured, else 100", as: "Gbit/s", help: "1/β between hosts, in Gbit/s.")
    let ranksPerNode = Declared(
      Ranges.ranksPerNode, otherwise: "as in this job; the CPUs here without mpirun", help: "Ranks on a host.")
    let syncEvery = Declared(
      Ranges.roundSteps, otherwise: "1, gradients", as: "k",
      help: "Of auto on several hosts: let each take k steps by itself between two exchanges of parameters.")
    let upTo = Declared(Ranges.upTo, default: 1_000_000, help: "The most ranks to predict for.")
    let engine = EngineTable()
    let seconds = Declared(Ranges.seconds, default: 0.3, help: "Seconds of each measurement, of which there are many.")
    let json = Declared<String?>(
      "json", .file, help: "Write measurements, prices and predictions here as JSON; - is standard output.")
    let progress = Declared.progress
  }

  @OptionGroup var options: CommandLineOptions<Table>

  func run(on world: Communicator) throws {
    let (options, (plan, names, file)) = try self.options.agreed(on: world) { options in
      (try self.plan(options), try ProjectFiles.names(), try Destination.json(options.json, of: world))
    }
    for shape in plan.shapes { try requireMemory(of: shape, plan, names, over: world) }
    let host = try HostGroup(world)
    let place = Placement(ranksPerHost: try placement(plan, world, host))
    let counts = world.size > 1 ? (2...world.size).filter { Self.isMeasured($0, of: world.size) } : []
    let exchanged = plan.strategies.count * plan.exchangedWidths.count * counts.count
    let load = OtherLoad()
    let measurement = MeasurementReporter(
      options.progress, seconds: plan.seconds * Double(4 * plan.shapes.count + exchanged), on: world)
    defer { measurement.finish() }
    var compute: [ComputePrices] = []
    for shape in plan.shapes {
      try world.rest { isStopped in
        guard world.rank == 0 else { return }
        compute.append(
          try .measure(
            shape: shape, batch: plan.batches.max() ?? 1, engine: plan.engine, names: names, seconds: 4 * plan.seconds,
            isStopped: isStopped, progress: measurement.part("one core, d-model \(shape.dModel)")))
      }
      try StopSignal.check(over: world)
    }
    let exchanges = try measureExchanges(plan, counts, names, measurement, over: world)
    measurement.finish()
    let found = try onEveryRank(of: world) {
      var found = PredictionFile()
      guard world.rank == 0 else { return found }
      found.ranksPerNode = place.ranksPerHost
      found.assumptions = Prices.assumptions(
        place: place, nodes: host.hostCount, measured: !exchanges.isEmpty, latency: plan.latency,
        bandwidth: plan.bandwidth)
      found.compute = Dictionary(zip(plan.shapes.map { "\($0.dModel)" }, compute)) { first, _ in first }
      found.exchanges = exchanges.map { MeasuredExchange($0) }
      let prices = plan.strategies.map {
        found.fit(
          $0, to: exchanges, place: place, updatePerParameter: compute[0].updatePerParameter, latency: plan.latency,
          bandwidth: plan.bandwidth)
      }
      let ranks = ScalingExperiment.rankCounts(upTo: plan.upTo)
      for (shape, own) in zip(plan.shapes, compute) {
        let predictor = Predictor(shape: shape, engine: plan.engine, compute: own, place: place, names: names)
        for batch in plan.batches {
          for mode in plan.modes {
            for (strategy, price) in zip(plan.strategies, prices) {
              found.predictions += predictor.predict(
                strategy, prices: price, batch: batch, mode: mode, ranks: ranks, syncEvery: plan.syncEvery)
            }
          }
        }
      }
      found.assumptions += [found.predictions.assumptionOfMoreNames(than: names.count)].compactMap { $0 }
      return found
    }
    try found.publish(load, to: file, over: world)
  }

  /// What there is to measure and predict.
  struct Plan {
    var shapes: [Shape]
    var batches: [Int]
    var strategies: [SynchronisationStrategy]
    var modes: [ScalingMode]
    var engine: EngineOptions
    var latency, bandwidth: Double?
    var ranksPerNode: Int?
    var upTo: Int
    var seconds: Double
    var syncEvery: Int?

    /// One gradient size does not tell latency from bandwidth.
    var exchangedWidths: [Int] { Set([16, 32, 64, 128] + shapes.map(\.dModel)).sorted() }
  }

  private func plan(_ options: OptionValues<Table>) throws -> Plan {
    if let unknown = options.sync.first(where: { ![.allreduce, .sharded, .auto].contains($0) }) {
      throw OptionError(
        "--sync \(unknown): predict knows allreduce, sharded and auto, which is shared on one node and hierarchical on several"
      )
    }
    if options.syncEvery != nil, !options.sync.contains(.auto) {
      throw OptionError("--sync-every needs auto among --sync: it is of hosts whose ranks share memory")
    }
    return Plan(
      shapes: try options.dModel.map { try Shape(dModel: $0, heads: nil) }, batches: options.batch,
      strategies: options.sync, modes: options.mode, engine: try options.engine.options, latency: options.latency,
      bandwidth: options.bandwidth, ranksPerNode: options.ranksPerNode, upTo: options.upTo, seconds: options.seconds,
      syncEvery: options.syncEvery)
  }

  /// Rank 0 has most: it fits a line to batches of 1, 2, 4, … names, up to four times the largest.
  private func requireMemory(
    of shape: Shape, _ plan: Plan, _ names: NameTable, over world: Communicator
  ) throws {
    let most = plan.batches.max() ?? 1
    var need = MemoryNeed()
    var batch = 1
    while batch < 8 * most {
      need = need + TimedCase(shape: shape, batch: batch, engine: plan.engine).memoryNeed(names: names, ranks: 1)
      batch *= 2
    }
    try ddp_train.requireMemory(need, for: "batch \(most) at d-model \(shape.dModel)", over: world)
  }

  private func placement(_ plan: Plan, _ world: Communicator, _ host: HostGroup) throws -> Int {
    if let ranksPerNode = plan.ranksPerNode { return ranksPerNode }
    let here = world.size > 1 ? host.communicator.size : allowedCPUs().count
    return max(1, try world.allReduce(here, .max))
  }

  /// On rank 0, in the order of ranks, strategies, widths. Collective.
  private func measureExchanges(
    _ plan: Plan, _ counts: [Int], _ names: NameTable, _ measurement: MeasurementReporter, over world: Communicator
  ) throws -> [ExchangeMeasurement] {
    var measured: [ExchangeMeasurement] = []
    for count in counts {
      guard let part = try world.split(color: world.rank < count ? 0 : 1) else { continue }
      try world.rest(workers: count) { isStopped in
        for strategy in plan.strategies {
          for width in plan.exchangedWidths {
            measured.append(
              try ExchangeBenchmark.measure(
                strategy, shape: Shape(dModel: width, heads: Shape.defaultHeads(dModel: width)), engine: plan.engine,
                names: names, seconds: plan.seconds, group: part.communicator, isStopped: isStopped,
                progress: measurement.part("\(count) ranks, \(strategy), d-model \(width)")))
          }
        }
      }
      try StopSignal.check(over: world)
    }
    return measured
  }

  /// 2, 3, 4, then powers of two, and N.
  private static func isMeasured(_ count: Int, of ranks: Int) -> Bool {
    count <= 4 || count == ranks || count.nonzeroBitCount == 1
  }
}
