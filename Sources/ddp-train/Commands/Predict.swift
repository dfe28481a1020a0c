import Schemas
import ArgumentParser
import DataParallel
import GPT
import MPI
import Files
import Laboratory
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

  @Option(parsing: .upToNextOption, help: "Widths. (default: 16 32 64 128)")
  var dModel: [Given] = []

  @Option(parsing: .upToNextOption, help: "Names in a batch; per rank in weak scaling. (default: 16 1024)")
  var batch: [Given] = []

  @Option(parsing: .upToNextOption, help: "Strategies: allreduce, sharded, auto. (default: allreduce auto)")
  var sync: [SynchronisationStrategy] = []

  @Option(parsing: .upToNextOption, help: "strong, weak. (default: strong)")
  var mode: [ScalingMode] = []

  @Option(help: ArgumentHelp("α between nodes, in µs. (default: measured, else 2)", valueName: "µs"))
  var latency: Given?

  @Option(
    help: ArgumentHelp("1/β between nodes, in Gbit/s. (default: measured, else 100)", valueName: "Gbit/s"))
  var bandwidth: Given?

  @Option(help: "Ranks on a node. (default: as in this job; the CPUs here without mpirun)")
  var ranksPerNode: Given?

  @Option(help: "The most ranks to predict for: \(Ranges.upTo.span).")
  var upTo: Given = "1000000"

  @OptionGroup var engine: EngineFlags

  @Option(help: "Seconds of each measurement, of which there are many: \(Ranges.seconds.span).")
  var seconds: Given = "0.3"

  @Option(
    help: ArgumentHelp(
      "Write measurements, prices and predictions here as JSON; - is standard output.", valueName: "file"))
  var json: String?

  func run(on world: Communicator) throws {
    let (plan, names, file) = try onEveryRank(of: world) {
      (try self.plan(), try ProjectFiles.names(), try Destination.json(json, of: world))
    }
    try requireAgreement([("the options", "\(plan)"), ("json", json == nil ? "no file" : "a file")], over: world)
    for shape in plan.shapes { try requireMemory(of: shape, plan, names, over: world) }
    let node = try NodeGroup(world)
    let place = Placement(ranksPerNode: try placement(plan, world, node))
    let counts = world.size > 1 ? (2...world.size).filter { Self.isMeasured($0, of: world.size) } : []
    let exchanged = plan.strategies.count * plan.exchangedWidths.count * counts.count
    let measurement = MeasurementReporter(
      seconds: plan.seconds * Double(4 * plan.shapes.count + exchanged), on: world)
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
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      let report = PredictionReport(
        plan: plan, names: names, compute: compute, exchanges: exchanges, place: place, nodes: node.nodes,
        latency: plan.latency, bandwidth: plan.bandwidth, upTo: plan.upTo)
      print(report.text)
      try file?.write(report.json)
    }
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

    /// One gradient size does not tell latency from bandwidth.
    var exchangedWidths: [Int] { Set([16, 32, 64, 128] + shapes.map(\.dModel)).sorted() }
  }

  private func plan() throws -> Plan {
    let batch = try self.batch.numbers(in: Ranges.predictedBatch)
    let strategies = sync.isEmpty ? [.allreduce, .auto] : sync
    if let unknown = strategies.first(where: { $0 == .overlap || $0 == .shared || $0 == .hierarchical }) {
      throw OptionError(
        "--sync \(unknown): predict knows allreduce, sharded and auto, which is shared on one node and hierarchical on several"
      )
    }
    return Plan(
      shapes: try (dModel.isEmpty ? [16, 32, 64, 128] : dModel.numbers(in: Ranges.dModel)).map {
        try Shape(dModel: $0, heads: Shape.defaultHeads(dModel: $0))
      },
      batches: batch.isEmpty ? [16, 1024] : batch, strategies: strategies, modes: mode.isEmpty ? [.strong] : mode,
      engine: try engine.resolve(), latency: try latency?.number(in: Ranges.latency),
      bandwidth: try bandwidth?.number(in: Ranges.bandwidth),
      ranksPerNode: try ranksPerNode?.number(in: Ranges.ranksPerNode), upTo: try upTo.number(in: Ranges.upTo),
      seconds: try seconds.number(in: Ranges.seconds))
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

  private func placement(_ plan: Plan, _ world: Communicator, _ node: NodeGroup) throws -> Int {
    if let ranksPerNode = plan.ranksPerNode { return ranksPerNode }
    let here = world.size > 1 ? node.communicator.size : allowedCPUs().count
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
