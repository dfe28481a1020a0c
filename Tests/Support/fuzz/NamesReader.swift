import Dataset

extension Reader {
  /// - Parameter names: the content of a list of names, of which the first are taken.
  static func names(_ names: [UInt8]) -> Reader {
    let head = Array(names.prefix(2000))
    let odd = Array("\u{FEFF}Anna\r\n\r\n\t Bob \nmary-ann\nJosé\nzoe".utf8)
    return Reader(
      name: "names", seeds: [head, odd], words: words, longest: 1 << 20, make: long,
      readBytes: { bytes in
        for skipInvalid in [true, false] {
          try examine(NameSet(bytes: bytes, source: "fuzz", skipInvalid: skipInvalid), length: bytes.count)
        }
      },
      readFile: { try examine(NameSet(path: $0, skipInvalid: true), length: 1 << 20) },
      kind: { error in
        guard error is DatasetError else { return nil }
        return Mirror(reflecting: error).children.first?.label ?? "\(error)"
      })
  }

  private static let words =
    ["\n", "\r", "\r\n", "\t", " ", "a", "Z", "é", "\u{2028}", "\u{FEFF}", "\u{301}", "anna\n", "-"].map {
      Array($0.utf8)
    }
    + [[0], [0xFF, 0xFE], [0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], []]

  /// Long lines, many lines, and nothing at all.
  private static func long(_ seed: [UInt8], _ random: inout Random) -> [UInt8] {
    let most = random.once(in: 64) ? 1 << 18 : 1 << 12
    switch random.below(4) {
    case 0: return []
    case 1: return Array(repeating: random.pick(words), count: random.size(upTo: most)).flatMap { $0 }
    case 2: return seed + [UInt8](repeating: UInt8(ascii: "x"), count: random.size(upTo: most)) + seed
    default: return (0..<random.size(upTo: most)).map { _ in UInt8(random.below(256)) }
    }
  }

  /// Looks at every letter of every name, in the set and in its parts.
  private static func examine(_ names: NameSet, length: Int) throws {
    var total = 0
    for index in 0..<names.count {
      let letters = names.letters(of: index)
      total += letters.count
      try require(letters.allSatisfy { $0 < 26 }, "a letter is none")
      try require(!letters.isEmpty, "a name is empty")
    }
    try require(total <= length, "more letters than bytes")
    try require(names.hash.utf8.count == 32, "the hash is none")
    let split = try names.split()
    try require(split.training.count + (split.evaluation?.count ?? 0) == names.count, "the split loses names")
  }
}
