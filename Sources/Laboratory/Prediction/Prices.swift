import DataParallel

/// What one strategy pays for each of its cost terms.
public struct Prices: Codable, Sendable, Equatable {
  /// α and β between nodes, and between ranks of one.
  public var network: Link
  public var node: Link
  /// A stage of a node's barrier, in µs.
  public var barrier: Double
  /// Reading a byte that another core wrote, in µs.
  public var perByteRead: Double

  public init(network: Link, node: Link, barrier: Double, perByteRead: Double) {
    self.network = network
    self.node = node
    self.barrier = barrier
    self.perByteRead = perByteRead
  }

  /// Where nothing was measured: a network of the better sort, and a node of the usual one.
  public static let assumed = Prices(
    network: .tcp(latency: 2, perByte: Link.perByte(gigabits: 100)),
    node: .sharedMemory(latency: 0.7, perByte: 1 / 4000), barrier: 0.3, perByteRead: 1 / 8000)

  /// The assumed prices, fitted to measurements as `fit` does.
  public init(fitting measurements: [ExchangeMeasurement], place: Placement, updatePerParameter: Double) {
    self = .assumed
    fit(measurements, place: place, updatePerParameter: updatePerParameter)
  }

  public func time(of terms: CostTerms) -> Double {
    network.latency * terms.networkLatencies + network.perByte * terms.networkBytes
      + node.latency * terms.nodeLatencies + node.perByte * terms.nodeBytes
      + barrier * terms.barriers + perByteRead * terms.bytesRead
  }

  /// Fits the prices that the measurements have terms for; the others stay what they are.
  ///
  /// Least squares of the relative errors, prices not below 0: a small message counts as much as a large one.
  ///
  /// - Parameters:
  ///   - measurements: of one strategy, at gradient sizes that differ.
  ///   - updatePerParameter: γ, of one core: what an update took beyond it was spent on reading.
  public mutating func fit(_ measurements: [ExchangeMeasurement], place: Placement, updatePerParameter: Double) {
    let rows = measurements.map { measurement in
      let terms = CostTerms(measurement, place: place, prices: self)
      return (terms, measurement.communication(updatePerParameter: updatePerParameter, terms: terms))
    }
    if rows.contains(where: { $0.0.networkLatencies > 0 }) {
      fit(rows, \.network.latency, \.networkLatencies, \.network.perByte, \.networkBytes)
    } else if rows.contains(where: { $0.0.barriers > 0 }) {
      fit(rows, \.barrier, \.barriers, \.perByteRead, \.bytesRead)
    } else {
      fit(rows, \.node.latency, \.nodeLatencies, \.node.perByte, \.nodeBytes)
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
