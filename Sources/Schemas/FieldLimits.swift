import Values

/// The limits of a file's numbers and texts by their keys, since a file may come from anybody.
struct FieldLimits {
  /// The range of each whole number.
  var counts: [String: OptionRange<Int>]
  /// The ranges of those other numbers that are an option's.
  var numbers: [String: OptionRange<Double>] = [:]
  /// Other numbers that may be negative.
  var signed: Set<String> = []

  /// The largest time, rate or share. Each may also be infinite or NaN, where nothing could be measured.
  private static let largest = 1e15
  private static let longestText = 1 << 16

  /// - Throws: `ReportError.notAReport`, which names the first key whose value cannot be.
  func check(_ file: some FileRecord) throws { try check(try JSONTree(file), key: "", at: "") }

  /// - Throws: `ReportError.notAReport` for a list that is longer than it may be.
  static func check(_ lists: [(place: String, count: Int, most: Int)]) throws {
    for list in lists where list.count > list.most {
      throw ReportError.notAReport("\(list.place) has more than \(list.most) entries")
    }
  }

  private func check(_ value: JSONTree, key: String, at place: String) throws {
    switch value {
    case .null, .truth: break
    case .count(let count):
      guard let range = counts[key] else { throw ReportError.notAReport("\(place) has no range") }
      guard range.range.contains(count) else {
        throw ReportError.notAReport("\(place) is \(count), and must be from \(range.span)")
      }
    case .number(let number): try check(number, key: key, at: place)
    case .text(let text):
      guard text.utf8.count <= Self.longestText else {
        throw ReportError.notAReport("\(place) is longer than \(Self.longestText) bytes")
      }
    case .list(let values):
      for (index, value) in values.enumerated() { try check(value, key: key, at: "\(place)[\(index)]") }
    case .object(let fields):
      for field in fields {
        try check(field.value, key: field.key, at: place.isEmpty ? field.key : "\(place).\(field.key)")
      }
    }
  }

  private func check(_ number: Double, key: String, at place: String) throws {
    if let range = numbers[key] {
      guard range.range.contains(number) else {
        throw ReportError.notAReport("\(place) is \(number), and must be \(range.span)")
      }
      return
    }
    let size = signed.contains(key) ? abs(number) : number
    guard size.isNaN || size == .infinity || (0...Self.largest).contains(size) else {
      throw ReportError.notAReport("\(place) is \(number), and must be from 0 to \(Self.largest)")
    }
  }
}
