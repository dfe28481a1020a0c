import Options

extension Reader {
  /// - Parameter files: the contents of configurations.
  static func configuration(_ files: [[UInt8]]) -> Reader {
    let odd = "? batch\n: 8\n\"steps\": '5_000'\n# note\nquiet: yes\nmetrics: |\n  a\n  b\n"
    return Reader(
      name: "yaml", seeds: files + [Array(odd.utf8), Array("{steps: 5, batch: [2, 4]}".utf8)], words: words,
      longest: OptionMapping.maxFileSize + 1, make: bomb,
      readBytes: { try examine(OptionMapping(bytes: $0, source: "fuzz", keys: keys, lists: lists), length: $0.count) },
      readFile: { try examine(OptionMapping(path: $0, keys: keys, lists: lists), length: OptionMapping.maxFileSize) },
      kind: { error in
        guard let error = error as? ConfigurationError else { return nil }
        return outline(error.reason)
      })
  }

  private static let keys = ["d-model", "heads", "batch", "steps", "learning-rate", "seed", "quiet", "metrics", "data"]
  private static let lists: Set = ["batch", "learning-rate"]

  private static let words =
    [
      "&a ", "*a", "<<: ", "- ", "? ", ": ", "[", "]", "{", "}", ",", "\"", "'", "|", ">", "|9\n", "!!binary ", "!<",
      "%YAML 9.9\n",
      "---\n", "...\n", "\t", "\n", "\r", "# ", "@", "`", "\\x", "\"\\UFFFFFFFF\"", "\"\\ud800\"", "\u{85}", "\u{2028}",
      "\u{FEFF}",
      "batch: ", "steps: ", "batch: 1\n", "~", ".inf", "1e999", "é", "  ", "\u{301}",
    ].map { Array($0.utf8) } + [[0], [0xFF, 0xFE], [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80]]

  /// Few bytes that stand for many values, deep nesting and long scalars.
  private static func bomb(_ seed: [UInt8], _ random: inout Random) -> [UInt8] {
    let most = random.once(in: 64) ? OptionMapping.maxFileSize : 1 << 12
    let count = random.size(upTo: most)
    switch random.below(5) {
    case 0: return aliases(levels: random.size(upTo: 16), &random)
    case 1: return Array(repeating: random.pick(words), count: min(count, most / 4)).flatMap { $0 }
    case 2: return Array("batch: \(String(repeating: random.pick(["x", "x ", "\"", "é", "1"]), count: count))\n".utf8)
    case 3: return Array("? \(String(repeating: random.pick(["k", "k ", "[", "{", "? "]), count: count))\n: 1\n".utf8)
    default:
      let lines = (0..<min(count, most / 16)).map { "k\(random.once(in: 64) ? 0 : $0): \($0)" }
      return seed + Array(lines.joined(separator: "\n").utf8)
    }
  }

  /// Lists of nine aliases of lists of nine aliases, written in the ways that YAML allows.
  private static func aliases(levels: Int, _ random: inout Random) -> [UInt8] {
    let before = random.pick(["", " ", "\n", "\n\u{FEFF}", "\t", "\u{85}", "\u{2028}", "!!seq "])
    var text = random.pick(["? [", "batch: [", "["])
    text += "\(before)&a0 [x,x],"
    for level in 1...levels {
      let nine = [String](repeating: "\(before)*a\(level - 1)", count: 9).joined(separator: ",")
      text += "\(before)&a\(level) [\(nine)],"
    }
    return Array((text + "]\n: 1\n").utf8)
  }

  private static func examine(_ mapping: OptionMapping, length: Int) throws {
    for (key, value) in mapping.values {
      try require(keys.contains(key), "a key that may not occur")
      try require(value.texts.count == 1 || lists.contains(key), "a list where a value belongs")
      let size = value.texts.reduce(0) { $0 + $1.utf8.count }
      try require(value.texts.allSatisfy { !$0.isEmpty } && size <= 3 * length, "a value longer than its file")
      try require(value.line >= 1, "a value on line \(value.line)")
    }
  }
}
