// house draw PACKAGE.JSON: prints the picture of docs/architecture.md's tables.
// house rooms PACKAGE.JSON: compares the tables with the package. house tiers PACKAGE.JSON LIST: the tiers with its tests.
// house alike LIST: whether the list explains all places of Sources that are alike.
// Called by Tests/house/run, in the package's folder. Ends with 1 after complaints.
import Foundation

func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

do {
  let words = CommandLine.arguments
  guard words.count > 2 else { throw Complaint("see main.swift") }
  func package() throws -> PackageDescription { try PackageDescription(path: words[2]) }
  var found: [String] = []
  switch words[1] {
  case "draw": print(try picture(of: RoomGroup.groups(in: text("docs/architecture.md")), try package()), terminator: "")
  case "rooms": found = complaints(try RoomGroup.groups(in: text("docs/architecture.md")), try package())
  case "tiers" where words.count > 3:
    found = try complaints(aboutTiersOf: text("CONTRIBUTING.md"), list: text(words[3]), try package())
  case "alike": found = try complaints(aboutAlikePlacesIn: text(words[2]))
  default: throw Complaint("see main.swift")
  }
  for line in found { print("house: \(line)") }
  exit(found.isEmpty ? 0 : 1)
} catch {
  print("house: \(error)")
  exit(1)
}
