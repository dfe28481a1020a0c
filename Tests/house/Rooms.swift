import Foundation

/// What `swift package describe --type json` says.
struct PackageDescription: Decodable {
  struct Target: Decodable {
    let name: String
    let type: String
    let path: String
    let sources: [String]
    let targetDependencies: [String]?
    let productDependencies: [String]?

    var dependencies: [String] { ((targetDependencies ?? []) + (productDependencies ?? [])).sorted() }
    /// One of the program's own: a folder of Sources.
    var isRoom: Bool { path.hasPrefix("Sources/") }
  }

  let targets: [Target]

  init(path: String) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }
}

/// A folder, from a row of a table in docs/architecture.md.
struct Room {
  let name: String
  let uses: [String]
  let purpose: String
  /// What flows in and out.
  let flow: String
}

/// A heading of docs/architecture.md with its sentence and its table.
struct RoomGroup {
  let heading: String
  let sentence: String
  var rooms: [Room] = []

  /// Groups that stand on one level; the first is the highest.
  static let levels = [["The program"], ["Launching", "The laboratory"], ["Ranks"], ["Files"], ["One core"]]

  /// The groups of "What a folder may depend on".
  static func groups(in text: String) throws -> [RoomGroup] {
    let title = "## What a folder may depend on\n"
    guard let start = text.range(of: title)?.upperBound else { throw Complaint("docs/architecture.md lacks \(title)") }
    let section = text[start...].components(separatedBy: "\n## ")[0]
    return section.components(separatedBy: "\n### ").dropFirst().map { part in
      let lines = part.components(separatedBy: "\n")
      var group = RoomGroup(heading: lines[0], sentence: lines.dropFirst().first { !$0.isEmpty } ?? "")
      for line in lines where line.hasPrefix("| `") {
        let cells = line.split(separator: "|", omittingEmptySubsequences: false)
          .map { $0.trimmingCharacters(in: .whitespaces) }
        guard cells.count == 6 else { continue }
        group.rooms.append(
          Room(name: names(in: cells[1]).first ?? "", uses: names(in: cells[2]), purpose: cells[3], flow: cells[4]))
      }
      return group
    }
  }

  /// The words between backticks.
  private static func names(in cell: String) -> [String] {
    cell.components(separatedBy: "`").enumerated().compactMap { $0.offset % 2 == 1 ? $0.element : nil }
  }
}

struct Complaint: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What is wrong between the tables, Package.swift and the sources; one line each.
func complaints(_ groups: [RoomGroup], _ package: PackageDescription) -> [String] {
  var found: [String] = []
  let stated = Dictionary(groups.flatMap(\.rooms).map { ($0.name, $0) }) { first, _ in first }
  let rooms = package.targets.filter(\.isRoom)
  for name in Set(stated.keys).subtracting(rooms.map(\.name)).sorted() {
    found.append("docs/architecture.md has \(name), and Package.swift has not")
  }
  for room in rooms.sorted(by: { $0.name < $1.name }) {
    guard let uses = stated[room.name]?.uses else {
      found.append("Package.swift has \(room.name), and docs/architecture.md has not")
      continue
    }
    for name in Set(room.dependencies).subtracting(uses).sorted() {
      found.append("\(room.name) depends on \(name), and docs/architecture.md does not allow it")
    }
    for name in Set(uses).subtracting(room.dependencies).sorted() {
      found.append("docs/architecture.md lets \(room.name) use \(name), which it does not depend on")
    }
  }
  return found + upward(groups) + package.targets.flatMap(unused)
}

/// Dependencies on what stands higher, or beside.
private func upward(_ groups: [RoomGroup]) -> [String] {
  var found: [String] = []
  var level: [String: (index: Int, heading: String)] = [:]
  for group in groups {
    guard let index = RoomGroup.levels.firstIndex(where: { $0.contains(group.heading) }) else {
      found.append("docs/architecture.md: \(group.heading) has no level in Tests/house/Rooms.swift")
      continue
    }
    for room in group.rooms { level[room.name] = (index, group.heading) }
  }
  for room in groups.flatMap(\.rooms) {
    for name in room.uses {
      guard let own = level[room.name], let other = level[name], own.heading != other.heading else { continue }
      if other.index <= own.index { found.append("\(room.name) (\(own.heading)) uses \(name) (\(other.heading))") }
    }
  }
  return found
}

/// Dependencies that no source imports, and lists that are not in order. (What is imported and not declared the compiler
/// finds.)
private func unused(_ target: PackageDescription.Target) -> [String] {
  var found: [String] = []
  let dependencies = target.targetDependencies ?? []
  if dependencies != dependencies.sorted() {
    found.append("Package.swift: dependencies of \(target.name) are not sorted")
  }
  let swift = target.sources.filter { $0.hasSuffix(".swift") }
  guard !swift.isEmpty else { return found }
  var imported: Set<Substring> = []
  for source in swift {
    let path = "\(target.path)/\(source)"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      return found + ["\(path): cannot be read"]
    }
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if let place = words.firstIndex(of: "import"), place + 1 < words.count { imported.insert(words[place + 1]) }
    }
  }
  // A program that tests start is not imported; its name is no identifier, or begins with a small letter.
  for name in target.dependencies where name.first?.isUppercase == true && !imported.contains(name[...]) {
    found.append("Package.swift: \(target.name) does not import \(name)")
  }
  return found
}
