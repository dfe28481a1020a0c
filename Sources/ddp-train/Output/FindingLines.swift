import Doctor

/// Findings in columns, what to do about each below it.
func findingLines(_ findings: [Finding]) -> [String] {
  findings.flatMap { finding -> [String] in
    let hosts = finding.hosts.map { $0.joined(separator: ", ") + ": " } ?? ""
    let title = finding.severity.rawValue.padded(to: 9) + finding.check.padded(to: 15)
    return [title + hosts + finding.what] + (finding.whatToDo.map { "".padded(to: 24) + "→ " + $0 } ?? [])
  }
}
