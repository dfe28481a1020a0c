import Schemas
import Values

/// Rows of one list that are of the same thing: several where only their seeds differ.
struct ComparedRow {
  let name: String
  private let rows: [JSONTree]
  private let figures: [ComparedList.Figure]

  /// In the order of the file; none where it lacks the list.
  ///
  /// - Throws: `ReportError.notAReport` for two rows of the same thing where one is expected.
  static func all(_ list: ComparedList, in file: JSONTree) throws -> [ComparedRow] {
    let rows: [JSONTree] =
      switch list.place.isEmpty ? file : file[list.place] ?? .null {
      case .list(let rows): rows
      case .object(let fields): [.object(fields)]
      default: []
      }
    var (order, groups): ([String], [String: [JSONTree]]) = ([], [:])
    for row in rows {
      let name = list.name(of: row, in: file)
      if groups[name] == nil { order.append(name) }
      groups[name, default: []].append(row)
    }
    let isOneEach = list.figures.contains { if case .rows = $0.spread { false } else { true } }
    return try order.map { name in
      let rows = groups[name] ?? []
      guard rows.count == 1 || !isOneEach else {
        throw ReportError.notAReport("\(list.place) has \(rows.count) rows of \(printable(name))")
      }
      return ComparedRow(name: name, rows: rows, figures: list.figures)
    }
  }

  /// By the figure's key; nil where the file lacks it.
  func estimate(_ figure: ComparedList.Figure, _ spread: ComparedList.Spread) -> Estimate? {
    let row = rows[0]
    if case .rows = spread {
      let values = rows.compactMap { $0[figure.key]?.number }
      return values.isEmpty ? nil : Estimate(runs: values)
    }
    guard let value = row[figure.key]?.number else { return nil }
    switch spread {
    case .none, .rows: return Estimate(value, low: nil, high: nil)
    case .steps(let low, let high), .median(let low, let high):
      return Estimate(value, low: row[low]?.number, high: row[high]?.number)
    case .seeds(let key):
      guard case .list(let seeds) = row["seeds"] else { return Estimate(value, low: nil, high: nil) }
      let interval = Estimate(runs: seeds.compactMap { $0[key]?.number }).interval
      return Estimate(value, low: interval?.lowerBound, high: interval?.upperBound)
    }
  }
}

extension ComparedList {
  /// "C 16, B 16, simd"
  fileprivate func name(of row: JSONTree, in file: JSONTree) -> String {
    let words = identity.compactMap { key in (row[key] ?? file[key]).flatMap { Self.words(key, $0) } }
    return ((title.isEmpty ? [] : [title]) + words).joined(separator: ", ")
  }

  private static func words(_ key: String, _ value: JSONTree) -> String? {
    switch (key, value) {
    // What most runs do without.
    case (_, .null), ("warm_up", .count(0)), ("batch_ramp", .count(0)), ("average", .number(0)): nil
    case ("c", .count(let count)): "C \(count)"
    case ("heads", .count(let count)): "H \(count)"
    case ("batch", .count(let count)): "B \(count)"
    case ("ranks", .count(let count)): plural(count, "rank")
    case ("measured", .truth(let measured)): measured ? "measured" : "predicted"
    case ("sharing", .truth(let sharing)): sharing ? "sharing" : "no sharing"
    case ("learning_rate", .number(let rate)): "rate \(rate)"
    case ("strategy", .text(let text)), ("engine", .text(let text)), ("rung", .text(let text)),
      ("mode", .text(let text)), ("schedule", .text(let text)), ("use", .text(let text)):
      text.isEmpty ? nil : text
    default: value.words.map { "\(key.replacing("_", with: "-")) \($0)" }
    }
  }
}

extension JSONTree {
  /// A field of an object.
  subscript(_ key: String) -> JSONTree? { fields.first { $0.key == key }?.value }

  var number: Double? {
    switch self {
    case .count(let count): Double(count)
    case .number(let number): number
    default: nil
    }
  }

  /// Of one value; nil of null, a list and an object.
  var words: String? {
    switch self {
    case .count(let count): "\(count)"
    case .number(let number): "\(number)"
    case .text(let text): text
    case .truth(let truth): "\(truth)"
    case .null, .list, .object: nil
    }
  }
}
