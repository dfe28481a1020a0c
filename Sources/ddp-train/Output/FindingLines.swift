import Schemas
import Values

/// Findings in columns that stand at the same places whatever was found; what to do about each is below it.
func findingLines(_ findings: [Finding]) -> [String] {
  let indent = "".padded(to: 24)
  return findings.flatMap { finding -> [String] in
    let hosts = finding.hosts.map { names in names.joined(separator: ", ") + ": " } ?? ""
    let title = finding.severity.rawValue.padded(to: 9) + finding.check.padded(to: 15)
    var lines = ["\(title)\(hosts)\(finding.what)"]
    if let whatToDo = finding.whatToDo { lines.append("\(indent)→ \(whatToDo)") }
    return lines
  }
}
