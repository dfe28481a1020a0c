import ArgumentParser
import Options
import Values

/// The command line before the parser sees it.
enum CommandLineWords {
  /// Refuses a command that there is not: the parser would take it for an argument of `train`, and `help` for the program's.
  ///
  /// - Throws: `OptionError`, with the nearest command.
  static func requireCommand(_ words: [String], among commands: [String]) throws(OptionError) {
    guard let first = words.first, !first.hasPrefix("-"), first != "help" || words.count > 1 else { return }
    let word = first == "help" ? words[1] : first
    guard !word.hasPrefix("-"), word != "help", !commands.contains(word) else { return }
    throw OptionError("no such command: \(printable(word)); \(suggestion(for: word, among: commands, "the commands"))")
  }

  /// The same words, with a negative number made part of the option before it. The parser takes -3 for an option of its own,
  /// and says of `--steps -3` that a value is missing; this way the option says what it takes.
  static func joiningNegativeNumbers(_ words: [String]) -> [String] {
    var joined: [String] = []
    // That negative numbers are values of: numbers may lie between.
    var option: String?
    for (index, word) in words.enumerated() {
      if word == "--" { return joined + words[index...] }
      if let name = option, isNegativeNumber(word) {
        if joined.last == name { joined.removeLast() }
        joined.append("\(name)=\(word)")
        continue
      }
      if word.hasPrefix("--") {
        option = word.split(separator: "=", maxSplits: 1).first.map(String.init)
      } else if Double(word) == nil {
        option = nil
      }
      joined.append(word)
    }
    return joined
  }

  private static func isNegativeNumber(_ word: String) -> Bool {
    guard word.hasPrefix("-") else { return false }
    let rest = word.dropFirst()
    return rest.first?.isNumber == true || rest.hasPrefix(".") || Double(rest) != nil
  }

  /// What the parser has against the command line, in one line.
  static func oneLine(_ message: String, command: String) -> String {
    let text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    guard let end = text.last, end != "?" else { return text }
    // The parser compares with options of the command alone.
    if let option = text.firstMatch(of: /^Unknown option '(--[^']*)'/)?.output.1,
      let meant = nearest(to: String(option), among: ["--version", "--help"])
    {
      return "\(text). Did you mean '\(meant)'?"
    }
    return (end == "." ? String(text.dropLast()) : text) + "; see ddp-train \(command) --help"
  }
}
