import Schemas

extension OriginDifference {
  /// How machines, programs and options of two results differ.
  static func all(_ a: JSONTree, _ b: JSONTree) -> [OriginDifference] {
    let (own, others) = (facts(a), facts(b))
    return zip(own, others).compactMap { fact, other in
      guard fact.value != other.value else { return nil }
      return OriginDifference { ($0.what, $0.a, $0.b) = (fact.what, fact.value, other.value) }
    }
  }

  /// What is to be the same, in one order for all files; nil where one does not say.
  private static func facts(_ file: JSONTree) -> [(what: String, value: String?)] {
    // Where the various files keep them.
    let places = [file["machine"], file["origin"], file].compactMap { $0 }
    func value(_ key: String) -> String? { places.lazy.compactMap { $0[key]?.words }.first { !$0.isEmpty } }
    let same = [
      "cpu", "isa", "cpus", "cores", "engine", "system", "mpi", "version", "ranks", "ranks_per_trial", "ranks_per_node",
      "target", "loss", "data_hash",
    ]
    return same.map { ($0.replacing("_", with: "-"), value($0)) }
      + [("hosts", hosts(file)), ("options", value("command").map { options($0) })]
  }

  private static func hosts(_ file: JSONTree) -> String? {
    guard case .list(let hosts) = file["machine"]?["hosts"] else { return nil }
    return "\(Set(hosts.compactMap(\.words)).count)"
  }

  /// A command line without the program, and without the names of its outputs.
  static func options(_ command: String) -> String {
    let outputs: Set<Substring> = ["--json", "--csv", "--report", "--results"]
    var words = command.split(separator: " ")
    if let program = words.firstIndex(where: { !$0.hasPrefix("-") && $0 != "mpirun" && Int($0) == nil }) {
      words.removeSubrange(...program)
    }
    var kept: [Substring] = []
    var isOutput = false
    for word in words {
      defer { isOutput = outputs.contains(word) }
      if isOutput || outputs.contains(word.prefix { $0 != "=" }) { continue }
      kept.append(word)
    }
    return kept.joined(separator: " ")
  }
}
