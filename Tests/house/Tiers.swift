import Foundation

/// What is wrong with the tiers of CONTRIBUTING.md; one line each.
///
/// - Parameter list: what `swift test list` prints: `Target.Suite/test()`, one per line.
func complaints(aboutTiersOf text: String, list: String, _ package: PackageDescription) throws -> [String] {
  let tests = list.split(separator: "\n").map(String.init)
  var found: [String] = []
  var targets: Set<String> = []
  var filters = 0
  for line in text.split(separator: "\n") {
    guard let start = line.range(of: "--filter ")?.upperBound else { continue }
    filters += 1
    // In a table a bar is escaped.
    let rest = line[start...].replacingOccurrences(of: "\\|", with: "|")
    let filter = String(
      rest.hasPrefix("'") ? rest.dropFirst().prefix { $0 != "'" } : rest.prefix { !" `".contains($0) })
    for part in filter.split(separator: "|") {
      let pattern = try Regex(String(part))
      let selected = tests.filter { $0.contains(pattern) }
      if selected.isEmpty { found.append("CONTRIBUTING.md: --filter \(part) selects no test") }
      if line.hasPrefix("|") {
        targets.formUnion(selected.compactMap { $0.split(separator: ".").first.map(String.init) })
      }
    }
  }
  if filters == 0 { found.append("CONTRIBUTING.md names no --filter") }
  for target in package.targets where target.type == "test" && !targets.contains(target.name) {
    found.append("CONTRIBUTING.md: \(target.name) belongs to no tier")
  }
  return found
}
