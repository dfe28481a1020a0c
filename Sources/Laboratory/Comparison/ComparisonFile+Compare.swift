import Schemas

extension ComparisonFile {
  /// Holds two results of one command against each other.
  ///
  /// - Parameters:
  ///   - a, b: what the files are called, and what is in them.
  /// - Throws: `ReportError.doesNotFit` for two commands, `.notAReport` for two rows of the same thing.
  public init(_ a: (path: String, file: ResultFile), _ b: (path: String, file: ResultFile)) throws {
    guard a.file.kind == b.file.kind else {
      throw ReportError.doesNotFit(
        "\(a.path) is of \(a.file.kind.rawValue) and \(b.path) of \(b.file.kind.rawValue): "
          + "compare takes two results of one command")
    }
    self.init()
    (self.a, self.b, command) = (a.path, b.path, a.file.kind.rawValue)
    differences = OriginDifference.all(a.file.tree, b.file.tree)
    for list in ComparedList.all(of: a.file.kind) {
      let (own, others) = (try ComparedRow.all(list, in: a.file.tree), try ComparedRow.all(list, in: b.file.tree))
      let named = Dictionary(others.map { ($0.name, $0) }) { first, _ in first }
      let names = Set(own.map(\.name))
      onlyInA += own.map(\.name).filter { named[$0] == nil }
      onlyInB += others.map(\.name).filter { !names.contains($0) }
      for row in own {
        guard let other = named[row.name] else { continue }
        figures += list.figures.compactMap { figure in
          var found: FigureComparison?
          for spread in [figure.spread, figure.older].compactMap({ $0 }) {
            guard let first = row.estimate(figure, spread), let second = other.estimate(figure, spread) else { break }
            found = FigureComparison(row: row.name, figure.key, spread, first, second)
            if first.interval != nil, second.interval != nil { break }
          }
          return found
        }
      }
    }
    guard !figures.isEmpty else {
      throw ReportError.doesNotFit("\(a.path) and \(b.path) have no row in common: \(command) of other cases")
    }
  }

  /// Those that are more than noise.
  public var beyondNoise: [FigureComparison] { figures.filter { $0.isMoreThanNoise == true } }
}

extension FigureComparison {
  fileprivate init(row: String, _ key: String, _ spread: ComparedList.Spread, _ a: Estimate, _ b: Estimate) {
    self.init()
    (self.row, figure, self.a, self.b) = (row, key, a.value, b.value)
    guard let (value, interval) = b.ratio(over: a, betweenRuns: spread.betweenRuns) else { return }
    ratio = value
    guard let interval else { return }
    (ratioLow, ratioHigh) = (interval.lowerBound, interval.upperBound)
    intervalOf =
      switch spread {
      case .steps: "steps"
      case .median: "median"
      case .seeds, .rows: "seeds"
      case .none: nil
      }
    isMoreThanNoise = !interval.contains(1)
  }
}
