import DataParallel
import Dataset
import GPT
import Schemas
import TestSupport
import Testing

@testable import Laboratory

@Suite("Prediction")
struct PredictionTests {
  private static let sizes = [(16, 4188), (32, 14_524), (64, 53_628), (128, 205_564)]

  private static func measurements(
    _ prices: Prices, _ strategy: SynchronisationStrategy, ranks: Int, perHost: Int
  ) -> [ExchangeMeasurement] {
    sizes.map { c, parameters in
      let terms = CostTerms(
        strategy, parameters: parameters, ranks: ranks, place: Placement(ranksPerHost: perHost),
        network: prices.network, host: prices.host)
      return ExchangeMeasurement(
        strategy: strategy, chosen: strategy, ranks: ranks, c: c, parameters: parameters,
        exchangeUs: prices.time(of: terms), updateUs: 0)
    }
  }

  @Test(
    "a fit finds the prices that made the times",
    arguments: [
      (SynchronisationStrategy.allreduce, 1), (.sharded, 1), (.hierarchical, 1), (.allreduce, 2), (.shared, 2),
    ]
  )
  func fit(strategy: SynchronisationStrategy, perHost: Int) {
    let truth = Prices {
      ($0.network, $0.host) = (.tcp(latency: 130, perByte: 0.01), .sharedMemory(latency: 2.5, perByte: 0.0004))
      ($0.barrier, $0.perByteRead) = (0.8, 0.0002)
    }
    var fitted = Prices.assumed
    fitted.fit(
      Self.measurements(truth, strategy, ranks: 2, perHost: perHost), place: Placement(ranksPerHost: perHost),
      updatePerParameter: 0)
    func close(_ path: KeyPath<Prices, Double>) -> Bool { abs(fitted[keyPath: path] / truth[keyPath: path] - 1) < 1e-9 }
    if strategy == .shared {
      #expect(close(\.barrier) && close(\.perByteRead))
      #expect(fitted.network == Prices.assumed.network)
    } else if perHost == 1 {
      #expect(close(\.network.latency) && close(\.network.perByte))
      #expect(fitted.host == Prices.assumed.host)
    } else {
      #expect(close(\.host.latency) && close(\.host.perByte))
    }
  }

  @Test("prices are never negative, whatever was measured")
  func edge() {
    // Larger messages that take no longer: all latency.
    let (a, b) = leastSquaresToOne([(1, 1), (1, 10), (1, 100)].map { (x: $0.0, y: $0.1) })
    #expect(abs(a - 1) < 1e-12 && abs(b) < 1e-12)
    let (c, d) = leastSquaresToOne([(0.1, 1), (0.01, 2), (0.001, 0.5)].map { (x: $0.0, y: $0.1) })
    #expect(c >= 0 && d >= 0 && c + d > 0)
    #expect(leastSquaresToOne([]) == (0, 0))
  }

  @Test("large messages over TCP pay three latencies, small ones one")
  func rendezvous() {
    let prices = Prices.assumed
    func latencies(_ parameters: Int) -> Double {
      CostTerms(
        .allreduce, parameters: parameters, ranks: 2, place: Placement(ranksPerHost: 1), network: prices.network,
        host: prices.host
      ).networkLatencies
    }
    #expect(latencies(5000) == 2)  // a ring of two halves of 10 kB
    #expect(latencies(50_000) == 6)  // of 100 kB
  }

  @Test("ranks of one host share its wire, and only what leaves it is sent")
  func hosts() {
    func terms(_ strategy: SynchronisationStrategy, _ ranks: Int) -> CostTerms {
      CostTerms(
        strategy, parameters: 53_628, ranks: ranks, place: Placement(ranksPerHost: 4), network: Prices.assumed.network,
        host: Prices.assumed.host)
    }
    #expect(terms(.allreduce, 4).networkBytes == 0)
    #expect(terms(.auto, 4) == terms(.shared, 4))
    #expect(terms(.auto, 8) == terms(.hierarchical, 8))
    #expect(terms(.hierarchical, 8).updateShare == 0.25)
    #expect(terms(.sharded, 8).updateShare == 0.125)
    // Two hosts: each sends half of the gradient, and the other half's sum back.
    let bytes = Double(4 * (53_628 + 3))
    #expect(abs(terms(.hierarchical, 8).networkBytes - bytes) < 4)
    // Of the four ranks of its host each reads what the three others wrote.
    #expect(terms(.hierarchical, 8).bytesRead == 0.75 * bytes)
  }

  @Test("hosts by themselves for K steps: three times the bytes, a Kth of the time, and each its part of the batch")
  func groups() throws {
    func terms(_ every: Int?) -> CostTerms {
      CostTerms(
        .auto, parameters: 53_628, ranks: 8, place: Placement(ranksPerHost: 4), network: Prices.assumed.network,
        host: Prices.assumed.host, syncEvery: every)
    }
    #expect(abs(terms(1).networkBytes / terms(nil).networkBytes - 3) < 1e-3)
    #expect(abs(terms(64).networkBytes * 64 - terms(1).networkBytes) < 1e-6)
    #expect(abs(terms(64).networkLatencies * 64 - terms(1).networkLatencies) < 1e-9)
    #expect(terms(64).barriers == terms(nil).barriers && terms(64).bytesRead == terms(nil).bytesRead)
    let predictor = Predictor(
      shape: try Shape(dModel: 16, heads: 4), engine: EngineOptions(),
      compute: ComputePrices {
        ($0.selection, $0.selectionPerName, $0.passes, $0.passesPerRow, $0.updatePerParameter) = (0, 1, 0, 0, 0)
      }, place: Placement(ranksPerHost: 4), names: try NameSet(path: PackagePaths.names).table)
    let found = [nil, 32].map {
      predictor.predict(.auto, prices: .assumed, batch: 64, mode: .strong, ranks: [4, 8, 16], syncEvery: $0)
    }
    #expect(found[0].allSatisfy { $0.syncEvery == nil } && found[1].map(\.syncEvery) == [nil, 32, 32])
    // Drawing alone costs anything: a host draws half of the batch, or a quarter, between its four ranks.
    #expect(found[0].map { ($0.usPerStep - $0.communicationUs).rounded() } == [16, 16, 16])
    #expect(found[1].map { ($0.usPerStep - $0.communicationUs).rounded() } == [16, 8, 4])
    #expect(found[1][1].communicationUs < found[0][1].communicationUs)
  }

  @Test("rows of shards are what cuts make of drawn batches", arguments: [(16, 1), (16, 2), (16, 16), (64, 8)])
  func rows(batch: Int, ranks: Int) throws {
    let names = try NameSet(path: PackagePaths.names).table
    let shape = try Shape(dModel: 16, heads: 4)
    let rows = ShardRows(shape: shape, batch: batch, ranks: ranks, engine: EngineOptions(), names: names)
    #expect(rows.whole <= rows.sum && rows.largest * Double(ranks) >= rows.sum)
    if ranks == 1 { #expect(rows.largest == rows.whole && rows.sum == rows.whole) }
    // A name has 2 to 16 positions.
    #expect(rows.whole >= 2 * 1 && rows.whole <= Double(16 * batch))
    if ranks == batch { #expect(rows.largest <= 16 && rows.largest > rows.sum / Double(ranks)) }
  }

  @Test("a larger batch than is drawn scales")
  func scaledRows() throws {
    let names = try NameSet(path: PackagePaths.names).table
    let shape = try Shape(dModel: 16, heads: 4)
    func rows(_ times: Int) -> ShardRows {
      ShardRows(
        shape: shape, batch: times * ShardRows.largestDrawn, ranks: times * 64, engine: EngineOptions(), names: names)
    }
    let (drawn, larger) = (rows(1), rows(16))
    #expect(larger.largest == drawn.largest)
    #expect(larger.sum == 16 * drawn.sum && larger.whole == 16 * drawn.whole)
  }

  /// The costs of docs/synchronisation.md, which readers compare with predictions. The losses ride along: P + 3 floats.
  @Test("formulas are those of the table of strategies", arguments: [2, 8, 64])
  func documentedFormulas(ranks: Int) throws {
    let page = try String(contentsOfFile: PackagePaths.file("docs/synchronisation.md"), encoding: .utf8)
    func terms(_ strategy: SynchronisationStrategy) -> CostTerms {
      CostTerms(
        strategy, parameters: 999_997, ranks: ranks, place: Placement(ranksPerHost: strategy == .shared ? ranks : 1),
        network: Link { ($0.latency, $0.perByte, $0.eagerLimit, $0.latenciesOfLarge) = (1, 1, .infinity, 1) },
        host: Prices.assumed.host)
    }
    let (n, bytes) = (Double(ranks), 4e6)
    func isDocumented(_ strategy: String, _ formula: String) -> Bool {
      page.split(whereSeparator: \.isNewline).contains { $0.hasPrefix("| `\(strategy)` |") && $0.contains(formula) }
    }
    #expect(isDocumented("allreduce", "2 log₂N · α + 2 (N − 1)/N · 4P · β + P · γ"))
    for strategy in [SynchronisationStrategy.allreduce, .sharded] {
      let found = terms(strategy)
      #expect(found.networkLatencies == 2 * Placement.stages(of: ranks))
      #expect(abs(found.networkBytes / (2 * (n - 1) / n * bytes) - 1) < 1e-9)
    }
    #expect(terms(.allreduce).updateShare == 1)
    #expect(isDocumented("sharded", "as many bytes; P/N · γ") && terms(.sharded).updateShare == 1 / n)
    #expect(isDocumented("shared", "2 b + 4 (N − 1)/N · P · β + P/N · γ"))
    let shared = terms(.shared)
    #expect(shared.barriers == 2 * Placement.stages(of: ranks) && shared.updateShare == 1 / n)
    #expect(abs(shared.bytesRead / ((n - 1) / n * bytes) - 1) < 1e-9 && shared.networkBytes == 0)
  }

  @Test("where a batch has more names than the data, that is said, with the number of ranks")
  func moreNames() {
    func prediction(ranks: Int) -> Prediction { Prediction { ($0.ranks, $0.globalBatch) = (ranks, max(16, ranks)) } }
    let few = [1, 16, 1024].map(prediction)
    #expect(few.assumptionOfMoreNames(than: 1024) == nil)
    #expect(
      (few + [prediction(ranks: 4096), prediction(ranks: 2048)]).assumptionOfMoreNames(than: 1500)?
        .contains("the data has 1,500 names, so no run has a larger batch: from 2,048 ranks on") == true)
  }

  @Test("strong scaling's batch grows from N = B on; break-even and best are of one batch")
  func curve() throws {
    let names = try NameSet(path: PackagePaths.names).table
    let shape = try Shape(dModel: 16, heads: 4)
    let compute = ComputePrices {
      ($0.selection, $0.selectionPerName, $0.passes, $0.passesPerRow) = (1, 0.2, 3, 0.5)
      $0.updatePerParameter = 0.001
    }
    let predictor = Predictor(
      shape: shape, engine: EngineOptions(), compute: compute, place: Placement(ranksPerHost: 4), names: names)
    let curve = predictor.predict(
      .allreduce, prices: .assumed, batch: 16, mode: .strong, ranks: ScalingExperiment.rankCounts(upTo: 100))
    #expect(curve.map(\.ranks) == [1, 2, 4, 8, 16, 32, 64, 100])
    #expect(curve.map(\.globalBatch) == [16, 16, 16, 16, 16, 32, 64, 100])
    #expect(curve[0].efficiency == 1 && curve[0].communicationUs == 0)
    let best = try #require(curve.best)
    #expect(best.globalBatch == 16 && curve.prefix(5).allSatisfy { $0.usPerStep >= best.usPerStep })
    if let breakEven = curve.breakEven {
      let at = try #require(curve.first { $0.ranks == breakEven })
      #expect(at.usPerStep < at.singleCoreUsPerStep)
    }
    // The ranks of a host draw batches for each other, and all of one core's.
    let drawing = Predictor(
      shape: shape, engine: EngineOptions(),
      compute: ComputePrices {
        ($0.selection, $0.selectionPerName, $0.passes, $0.passesPerRow, $0.updatePerParameter) = (8, 0.5, 0, 0, 0)
      }, place: Placement(ranksPerHost: 4), names: names)
    let drawn = drawing.predict(.sharded, prices: .assumed, batch: 16, mode: .strong, ranks: [1, 2, 4, 8])
    for (found, expected) in zip(drawn.map { $0.usPerStep - $0.communicationUs }, [16.0, 8, 4, 4]) {
      #expect(abs(found - expected) < 1e-9)
    }
    let weak = predictor.predict(.auto, prices: .assumed, batch: 16, mode: .weak, ranks: 8)
    #expect(weak.globalBatch == 128)
  }
}
