import Schemas
import Values

extension ChainComparisonFile {
  /// For people.
  var text: String {
    var lines = [("runs", "\(a) and \(b)")]
    lines += differences.map { ("differs", "\($0.key): \($0.a ?? "none") and \($0.b ?? "none")") }
    lines.append(
      ("links", "\(plural(commonLinks, "step")) of both have one, the last of them \(grouped(lastCommonStep))"))
    if let parted {
      lines.append(("parted", parted.words))
    } else {
      lines.append(("same", commonLinks > 0 ? "all bits of these links" : "nothing that could be compared"))
    }
    return Table(lines, [.words { $0.0 }, .words { escaped($0.1) }]).lines().joined(separator: "\n")
  }
}
