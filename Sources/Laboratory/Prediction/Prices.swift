import DataParallel
import Schemas
import Values

extension Prices {
  /// Where nothing was measured: a network of the better sort, and a host of the usual one.
  public static let assumed = Prices {
    $0.network = .tcp(latency: 2, perByte: Link.perByte(gigabits: 100))
    $0.host = .sharedMemory(latency: 0.7, perByte: 1 / 4000)
    ($0.barrier, $0.perByteRead) = (0.3, 1 / 8000)
  }

  /// The assumed prices, fitted to measurements as `fit` does.
  public init(fitting measurements: [ExchangeMeasurement], place: Placement, updatePerParameter: Double) {
    self = .assumed
    fit(measurements, place: place, updatePerParameter: updatePerParameter)
  }

  /// What was taken from nowhere, a sentence each.
  ///
  /// - Parameter measured: whether there was an exchange to measure.
  public static func assumptions(
    place: Placement, nodes: Int, measured: Bool, latency: Double? = nil, bandwidth: Double? = nil
  ) -> [String] {
    var lines = ["\(plural(place.ranksPerHost, "rank")) a node"]
    if !measured { lines.append("messages inside a node: assumed, for want of a second rank; start it with mpirun") }
    guard nodes == 1 || !measured else { return lines }
    let network = assumed.network
    if latency == nil { lines.append("latency between nodes: \(significant(network.latency)) µs assumed") }
    if bandwidth == nil { lines.append("bandwidth between nodes: \(significant(network.gigabits)) Gbit/s assumed") }
    return lines
  }

  public func time(of terms: CostTerms) -> Double {
    network.latency * terms.networkLatencies + network.perByte * terms.networkBytes
      + host.latency * terms.hostLatencies + host.perByte * terms.hostBytes
      + barrier * terms.barriers + perByteRead * terms.bytesRead
  }

  /// Fits the prices that the measurements have terms for; the others stay what they are.
  ///
  /// Least squares of the relative errors, prices not below 0: a small message counts as much as a large one.
  ///
  /// - Parameters:
  ///   - measurements: of one strategy, at gradient sizes that differ.
  ///   - updatePerParameter: γ, of one core: what an update took beyond it was spent on reading.
  mutating func fit(_ measurements: [ExchangeMeasurement], place: Placement, updatePerParameter: Double) {
    let rows = measurements.map { measurement in
      let terms = CostTerms(measurement, place: place, prices: self)
      return (terms, measurement.communication(updatePerParameter: updatePerParameter, terms: terms))
    }
    if rows.contains(where: { $0.0.networkLatencies > 0 }) {
      fit(rows, \.network.latency, \.networkLatencies, \.network.perByte, \.networkBytes)
    } else if rows.contains(where: { $0.0.barriers > 0 }) {
      fit(rows, \.barrier, \.barriers, \.perByteRead, \.bytesRead)
    } else {
      fit(rows, \.host.latency, \.hostLatencies, \.host.perByte, \.hostBytes)
    }
  }

  /// Two prices; what the others come to is taken off first.
  private mutating func fit(
    _ rows: [(CostTerms, Double)], _ first: WritableKeyPath<Prices, Double>, _ firstTerm: KeyPath<CostTerms, Double>,
    _ second: WritableKeyPath<Prices, Double>, _ secondTerm: KeyPath<CostTerms, Double>
  ) {
    self[keyPath: first] = 0
    self[keyPath: second] = 0
    let points = rows.compactMap { terms, time -> (x: Double, y: Double)? in
      let rest = time - self.time(of: terms)
      guard time > 0, rest > 0 else { return nil }
      return (terms[keyPath: firstTerm] / rest, terms[keyPath: secondTerm] / rest)
    }
    let (a, b) = leastSquaresToOne(points)
    self[keyPath: first] = a
    self[keyPath: second] = b
  }
}

extension ExchangeMeasurement {
  /// The exchange, and what the update took beyond one core's price for its share of it.
  public func communication(updatePerParameter: Double, terms: CostTerms) -> Double {
    guard terms.bytesRead > 0 else { return exchangeUs }
    return exchangeUs + max(0, updateUs - updatePerParameter * Double(parameters) * terms.updateShare)
  }
}

/// The a, b ≥ 0 that bring a · x + b · y closest to 1.
func leastSquaresToOne(_ points: [(x: Double, y: Double)]) -> (Double, Double) {
  var (xx, xy, yy, x, y) = (0.0, 0.0, 0.0, 0.0, 0.0)
  for point in points {
    xx += point.x * point.x
    xy += point.x * point.y
    yy += point.y * point.y
    x += point.x
    y += point.y
  }
  let determinant = xx * yy - xy * xy
  let a = determinant > 0 ? (x * yy - y * xy) / determinant : -1
  let b = determinant > 0 ? (y * xx - x * xy) / determinant : -1
  if a >= 0, b >= 0 { return (a, b) }
  // On the edge: the better of the two alone.
  let (aloneX, aloneY) = (xx > 0 ? x / xx : 0, yy > 0 ? y / yy : 0)
  return aloneX * x >= aloneY * y ? (aloneX, 0) : (0, aloneY)
}

extension Link {
  /// TCP as Open MPI uses it: announcement, answer and data of a large message cross one after another.
  public static func tcp(latency: Double, perByte: Double) -> Link {
    Link {
      ($0.latency, $0.perByte) = (latency, perByte)
      ($0.eagerLimit, $0.latenciesOfLarge) = (65536, 3)
    }
  }

  /// Shared memory as Open MPI uses it: the receiver of a large message fetches it itself once it is announced.
  public static func sharedMemory(latency: Double, perByte: Double) -> Link {
    Link {
      ($0.latency, $0.perByte) = (latency, perByte)
      ($0.eagerLimit, $0.latenciesOfLarge) = (4096, 1)
    }
  }

  /// - Parameter gigabits: per second.
  public static func perByte(gigabits: Double) -> Double { 8e-3 / gigabits }

  /// Per second; infinite where a byte costs nothing.
  public var gigabits: Double { 8e-3 / perByte }

  func latencies(of bytes: Double) -> Double { bytes > eagerLimit ? latenciesOfLarge : 1 }
}
