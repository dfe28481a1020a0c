import Foundation

/// Two places of Sources that share six lines or more: the same lines, or lines that differ in names and numbers only.
struct AlikePlaces: Hashable {
  /// Paths below the package's folder; the first is not behind the second in the alphabet.
  let one, other: String
}

/// A file's lines that count: no comments, imports, or braces alone; names, numbers and texts as one letter each.
private struct ShapedFile {
  let path: String
  /// Each with its number in the file.
  let lines: [(number: Int, shape: String)]

  init(path: String) throws {
    self.path = path
    lines = try text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
      index, line in
      Self.shape(String(line)).map { (index + 1, $0) }
    }
  }

  /// Nil for a line that does not count.
  private static func shape(_ line: String) -> String? {
    let code = line.replacing(/\/\/.*/, with: "").trimmingCharacters(in: .whitespaces)
    guard code.contains(/\w/), !code.starts(with: /(@\w+ )?(#?include|import)\b/) else { return nil }
    return code.replacing(/"(\\.|[^"\\])*"/, with: "S").replacing(/\b\d[\w.]*/, with: "0")
      .replacing(/\b[A-Za-z_]\w*/) { keywords.contains(String($0.output)) ? String($0.output) : "i" }
      .replacing(/\s/, with: "")
  }

  private static let keywords: Set<String> = [
    "S", "as", "break", "case", "catch", "class", "continue", "default", "defer", "do", "else", "enum", "extension",
    "for",
    "func", "guard", "if", "in", "init", "is", "let", "private", "protocol", "public", "repeat", "return", "static",
    "struct", "switch", "throw", "throws", "try", "var", "where", "while",
  ]

  /// Declarations and short lines: six of them in a row are no logic.
  static func isThin(_ shape: String) -> Bool {
    shape.count < 12
      || shape.wholeMatch(of: /(public|private|static|let|var|case)*i+(:[i\[\]?.<>]+)?([=:].{0,12})?,?/) != nil
  }
}

private let sharedLines = 6

/// All pairs of places below Sources, with where the first lines that they share are.
private func alikePlaces() throws -> [AlikePlaces: String] {
  let all = FileManager.default.enumerator(atPath: "Sources")?.compactMap { $0 as? String } ?? []
  let files = try all.filter { $0.contains(/\.(swift|c|h)$/) }.sorted().map { try ShapedFile(path: "Sources/\($0)") }
  var places: [[String]: [(file: ShapedFile, index: Int)]] = [:]
  for file in files where file.lines.count >= sharedLines {
    for index in 0...file.lines.count - sharedLines {
      let shapes = file.lines[index..<index + sharedLines].map(\.shape)
      if shapes.filter(ShapedFile.isThin).count < 4 { places[shapes, default: []].append((file, index)) }
    }
  }
  var found: [AlikePlaces: String] = [:]
  for run in places.values {
    for (number, one) in run.enumerated() {
      for other in run[(number + 1)...] where one.file.path != other.file.path || other.index >= one.index + sharedLines
      {
        let pair = AlikePlaces(one: one.file.path, other: other.file.path)
        found[pair] = "line \(one.file.lines[one.index].number) and line \(other.file.lines[other.index].number)"
      }
    }
  }
  return found
}

/// Holds the pairs against a list of those that are right, a line for each: `PATH ~ PATH: why two are right`.
func complaints(aboutAlikePlacesIn list: String) throws -> [String] {
  let found = try alikePlaces()
  var explained: Set<AlikePlaces> = []
  var complaints: [String] = []
  for line in list.split(separator: "\n") where !line.hasPrefix("#") {
    guard let match = line.wholeMatch(of: /(\S+) ~ (\S+): (.+)/) else {
      complaints.append("\"\(line)\" is not PATH ~ PATH: REASON")
      continue
    }
    let pair = AlikePlaces(one: String(match.1), other: String(match.2))
    explained.insert(pair)
    for path in [pair.one, pair.other] where !FileManager.default.fileExists(atPath: path) {
      complaints.append("\(path) is in the list of places that are alike, and is not there")
    }
  }
  for (pair, lines) in found.sorted(by: { $0.key.one < $1.key.one }) where !explained.contains(pair) {
    complaints.append(
      "\(pair.one) and \(pair.other) share six lines (\(lines)): make them one, or say why two are right")
  }
  return complaints
}
