import ArgumentParser
import DataParallel
import GPT
import MPI
import RegularFiles
import Scaling

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
  var dModel: [Int] = []

  @Option(parsing: .upToNextOption, help: "Names in a batch; per rank in weak scaling. (default: 16 1024)")
  var batch: [Int] = []

  @Option(parsing: .upToNextOption, help: "Strategies: allreduce, sharded, auto. (default: allreduce auto)")
  var sync: [SynchronisationStrategy] = []

  @Option(parsing: .upToNextOption, help: "strong, weak. (default: strong)")
  var mode: [ScalingMode] = []

  @Option(help: ArgumentHelp("α between nodes, in µs. (default: measured, else 2)", valueName: "µs"))
  var latency: Double?

  @Option(
    help: ArgumentHelp("1/β between nodes, in Gbit/s. (default: measured, else 100)", valueName: "Gbit/s"))
  var bandwidth: Double?

  @Option(help: "Ranks on a node. (default: as in this job; the CPUs here without mpirun)")
  var ranksPerNode: Int?

  @Option(help: "The most ranks to predict for.")
  var upTo = 1_000_000

  @OptionGroup var engine: EngineFlags

  @Option(help: "Seconds of each measurement, of which there are many.")
  var seconds = 0.3

  @Option(
    help: ArgumentHelp(
      "Write measurements, prices and predictions here as JSON; - is standard output.", valueName: "file"))
  var json: String?

  func run(on world: Communicator) throws {
    let (plan, names, file) = try onEveryRank(of: world) {
      (try self.plan(), try ProjectFiles.names(), try Destination.json(json, of: world))
    }
    try requireAgreement([("the options", "\(plan)"), ("json", json == nil ? "no file" : "a file")], over: world)
    let node = try NodeGroup(world)
    let place = Placement(ranksPerNode: try placement(world, node))
    var compute: [ComputePrices] = []
    for shape in plan.shapes {
      if world.rank == 0 {
        compute.append(
          try .measure(
            shape: shape, batch: plan.batches.max() ?? 1, engine: plan.engine, names: names, seconds: 4 * seconds))
      }
      try world.rest()
    }
    let exchanges = try measureExchanges(plan, names, over: world)
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      let report = PredictionReport(
        plan: plan, names: names, compute: compute, exchanges: exchanges, place: place, nodes: node.nodes,
        latency: latency, bandwidth: bandwidth, upTo: upTo)
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
  }

  private func plan() throws -> Plan {
    for (name, value) in [("latency", latency), ("bandwidth", bandwidth), ("seconds", seconds)] {
      if let value, !value.isFinite || value <= 0 { throw OptionError("--\(name) \(value) is not a positive number") }
    }
    if let ranksPerNode, ranksPerNode < 1 { throw OptionError("--ranks-per-node \(ranksPerNode): at least 1") }
    guard upTo >= 1, upTo <= 1 << 24 else { throw OptionError("--up-to \(upTo) is out of range: 1 to \(1 << 24)") }
    if let batch = batch.first(where: { $0 < 1 || $0 > Settings.largestBatch / 4 }) {
      throw OptionError("--batch \(batch) is out of range: 1 to \(Settings.largestBatch / 4)")
    }
    let strategies = sync.isEmpty ? [.allreduce, .auto] : sync
    if let unknown = strategies.first(where: { $0 == .overlap || $0 == .shared || $0 == .hierarchical }) {
      throw OptionError(
        "--sync \(unknown): predict knows allreduce, sharded and auto, which is shared on one node and hierarchical on several"
      )
    }
    return Plan(
      shapes: try (dModel.isEmpty ? [16, 32, 64, 128] : dModel).map {
        try Shape(dModel: $0, heads: Shape.defaultHeads(dModel: $0))
      },
      batches: batch.isEmpty ? [16, 1024] : batch, strategies: strategies, modes: mode.isEmpty ? [.strong] : mode,
      engine: try engine.resolve())
  }

  private func placement(_ world: Communicator, _ node: NodeGroup) throws -> Int {
    if let ranksPerNode { return ranksPerNode }
    let here = world.size > 1 ? node.communicator.size : allowedCPUs().count
    return max(1, try world.allReduce(here, .max))
  }

  /// On rank 0, in the order of ranks, strategies, widths. Collective.
  private func measureExchanges(
    _ plan: Plan, _ names: NameTable, over world: Communicator
  ) throws -> [ExchangeMeasurement] {
    var measured: [ExchangeMeasurement] = []
    for count in 2..<max(world.size + 1, 3) where count <= world.size && Self.isMeasured(count, of: world.size) {
      guard let part = try world.split(color: world.rank < count ? 0 : 1) else { continue }
      if world.rank < count {
        for strategy in plan.strategies {
          for width in Set([16, 32, 64, 128] + plan.shapes.map(\.dModel)).sorted() {
            measured.append(
              try ExchangeBenchmark.measure(
                strategy, shape: Shape(dModel: width, heads: Shape.defaultHeads(dModel: width)), engine: plan.engine,
                names: names, seconds: seconds, group: part.communicator))
          }
        }
      }
      try world.rest()
    }
    return measured
  }

  /// 2, 3, 4, then powers of two, and N.
  private static func isMeasured(_ count: Int, of ranks: Int) -> Bool {
    count <= 4 || count == ranks || count.nonzeroBitCount == 1
  }
}
