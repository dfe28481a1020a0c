import DataParallel
import Schemas

/// How often a strategy's step pays each of its network's and memory's prices: the coefficients of a sum that is linear
/// in them.
///
/// exchange = α · latencies + β · bytes, for the network and for the messages inside a host each;
/// where memory is shared: + barrier · barriers + reading · bytesRead.
public struct CostTerms: Equatable, Sendable {
  var networkLatencies = 0.0
  var networkBytes = 0.0
  var hostLatencies = 0.0
  var hostBytes = 0.0
  var barriers = 0.0
  /// From memory that other cores of the host wrote.
  var bytesRead = 0.0
  /// Parameters that the busiest rank updates, as a share of P.
  var updateShare = 1.0

  /// - Parameters:
  ///   - parameters: P.
  ///   - network, host: whose eager limits decide what a message costs.
  ///   - syncEvery: of hosts that take so many steps by themselves before they exchange parameters and moments; nil for
  ///     gradients in every step.
  init(
    _ strategy: SynchronisationStrategy, parameters: Int, ranks: Int, place: Placement, network: Link, host: Link,
    syncEvery: Int? = nil
  ) {
    let bytes = Double(4 * (parameters + 3))
    guard ranks > 1 else { return }
    let perHost = min(ranks, place.ranksPerHost)
    let hosts = (ranks + perHost - 1) / perHost
    let taken = strategy == .auto ? (hosts == 1 ? .shared : .hierarchical) : strategy
    switch taken {
    case .allreduce, .overlap:
      add(
        AllReduceAlgorithm.openMPI(ranks: ranks, bytes: bytes).rounds(ranks: ranks, bytes: bytes), perHost: perHost,
        severalHosts: hosts > 1, network: network, host: host)
    case .sharded:
      // Reduce-scatter by recursive halving, and its mirror image that gathers.
      add(
        AllReduceAlgorithm.rabenseifner.rounds(ranks: ranks, bytes: bytes), perHost: perHost, severalHosts: hosts > 1,
        network: network, host: host)
      updateShare = 1 / Double(ranks)
    case .shared, .factors:
      // No gradients are read where factors are kept: this is what `shared` would pay.
      addShared(bytes: bytes, ranks: ranks)
      updateShare = 1 / Double(ranks)
    case .hierarchical, .auto:
      addShared(bytes: bytes, ranks: perHost)
      let slice = (syncEvery == nil ? bytes : Double(4 * (3 * parameters + 1))) / Double(perHost)
      // All slices of a host cross its wire.
      for round in AllReduceAlgorithm.openMPI(ranks: hosts, bytes: slice).rounds(ranks: hosts, bytes: slice) {
        networkLatencies += Double(round.count) * network.latencies(of: round.bytes)
        networkBytes += Double(round.count) * round.bytes * Double(perHost)
      }
      networkLatencies /= Double(syncEvery ?? 1)
      networkBytes /= Double(syncEvery ?? 1)
      updateShare = 1 / Double(perHost)
    }
  }

  /// The terms of an exchange that was measured.
  public init(_ measurement: ExchangeMeasurement, place: Placement, prices: Prices) {
    self.init(
      measurement.chosen, parameters: measurement.parameters, ranks: measurement.ranks, place: place,
      network: prices.network, host: prices.host)
  }

  private mutating func addShared(bytes: Double, ranks: Int) {
    guard ranks > 1 else { return }
    barriers = 2 * Placement.stages(of: ranks)
    // Its slice of every other rank's gradient.
    bytesRead = bytes * Double(ranks - 1) / Double(ranks)
  }

  /// A flat collective over ranks that fill one host after another.
  private mutating func add(
    _ rounds: [MessageRound], perHost: Int, severalHosts: Bool, network: Link, host: Link
  ) {
    for round in rounds {
      let count = Double(round.count)
      if severalHosts, round.distance >= perHost {
        let onOneWire = round.isRing ? 1 : Double(perHost)
        networkLatencies += count * network.latencies(of: round.bytes)
        networkBytes += count * round.bytes * onOneWire
      } else {
        hostLatencies += count * host.latencies(of: round.bytes)
        hostBytes += count * round.bytes
      }
    }
  }
}

/// Where ranks are: they fill one host after another.
public struct Placement: Sendable, Equatable {
  public var ranksPerHost: Int

  public init(ranksPerHost: Int) { self.ranksPerHost = ranksPerHost }

  /// log₂, rounded up.
  static func stages(of ranks: Int) -> Double {
    Double(ranks > 1 ? Int.bitWidth - (ranks - 1).leadingZeroBitCount : 0)
  }
}
