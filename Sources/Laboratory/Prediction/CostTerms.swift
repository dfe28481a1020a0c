import DataParallel

/// How often a strategy's step pays each of its network's and memory's prices: the coefficients of a sum that is linear
/// in them.
///
/// exchange = α · latencies + β · bytes, for the network and for the messages inside a node each;
/// where memory is shared: + barrier · barriers + reading · bytesRead.
public struct CostTerms: Equatable, Sendable {
  var networkLatencies = 0.0
  var networkBytes = 0.0
  var nodeLatencies = 0.0
  var nodeBytes = 0.0
  var barriers = 0.0
  /// From memory that other cores of the node wrote.
  var bytesRead = 0.0
  /// Parameters that the busiest rank updates, as a share of P.
  var updateShare = 1.0

  /// - Parameters:
  ///   - parameters: P.
  ///   - network, node: whose eager limits decide what a message costs.
  init(
    _ strategy: SynchronisationStrategy, parameters: Int, ranks: Int, place: Placement, network: Link, node: Link
  ) {
    let bytes = Double(4 * (parameters + 3))
    guard ranks > 1 else { return }
    let perNode = min(ranks, place.ranksPerNode)
    let nodes = (ranks + perNode - 1) / perNode
    let taken = strategy == .auto ? (nodes == 1 ? .shared : .hierarchical) : strategy
    switch taken {
    case .allreduce, .overlap:
      add(
        AllReduceAlgorithm.openMPI(ranks: ranks, bytes: bytes).rounds(ranks: ranks, bytes: bytes), perNode: perNode,
        severalNodes: nodes > 1, network: network, node: node)
    case .sharded:
      // Reduce-scatter by recursive halving, and its mirror image that gathers.
      add(
        AllReduceAlgorithm.rabenseifner.rounds(ranks: ranks, bytes: bytes), perNode: perNode, severalNodes: nodes > 1,
        network: network, node: node)
      updateShare = 1 / Double(ranks)
    case .shared:
      addShared(bytes: bytes, ranks: ranks)
      updateShare = 1 / Double(ranks)
    case .hierarchical, .auto:
      addShared(bytes: bytes, ranks: perNode)
      let slice = bytes / Double(perNode)
      // All slices of a node cross its wire.
      for round in AllReduceAlgorithm.openMPI(ranks: nodes, bytes: slice).rounds(ranks: nodes, bytes: slice) {
        networkLatencies += Double(round.count) * network.latencies(of: round.bytes)
        networkBytes += Double(round.count) * round.bytes * Double(perNode)
      }
      updateShare = 1 / Double(perNode)
    }
  }

  /// Of an exchange that was measured.
  public init(_ measurement: ExchangeMeasurement, place: Placement, prices: Prices) {
    self.init(
      measurement.chosen, parameters: measurement.parameters, ranks: measurement.ranks, place: place,
      network: prices.network, node: prices.node)
  }

  private mutating func addShared(bytes: Double, ranks: Int) {
    guard ranks > 1 else { return }
    barriers = 2 * Placement.stages(of: ranks)
    bytesRead = bytes
  }

  /// A flat collective over ranks that fill one node after the other.
  private mutating func add(
    _ rounds: [MessageRound], perNode: Int, severalNodes: Bool, network: Link, node: Link
  ) {
    for round in rounds {
      let count = Double(round.count)
      if severalNodes, round.distance >= perNode {
        let onOneWire = round.isRing ? 1 : Double(perNode)
        networkLatencies += count * network.latencies(of: round.bytes)
        networkBytes += count * round.bytes * onOneWire
      } else {
        nodeLatencies += count * node.latencies(of: round.bytes)
        nodeBytes += count * round.bytes
      }
    }
  }
}

/// Where ranks are: they fill one node after the other.
public struct Placement: Sendable, Equatable {
  public var ranksPerNode: Int

  public init(ranksPerNode: Int) { self.ranksPerNode = ranksPerNode }

  /// log₂, rounded up.
  static func stages(of ranks: Int) -> Double {
    Double(ranks > 1 ? Int.bitWidth - (ranks - 1).leadingZeroBitCount : 0)
  }
}
