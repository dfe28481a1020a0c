/// Headers of safetensors files that lie.
enum HeaderText {
  static let words =
    [
      "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u0000", "\\ud83d", "\\ude00", "\"dtype\":", "\"shape\":[", "\"F32\"",
      "\"U8\"", "\"data_offsets\":[0,", "\"__metadata__\":{", "\"a\":", "null", "true", "-1", "1e9", "0.5", "0", " ",
      "é",
      "9223372036854775807", "9223372036854775808", "18446744073709551616", "4611686018427387904",
    ].map { Array($0.utf8) } + [[0], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF]]

  /// A file with a changed header before the data of `seed`, or with one made from nothing.
  static func damaged(_ seed: [UInt8], _ random: inout Random) -> [UInt8] {
    let headerEnd = 8 + seed[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var data = Array(seed[headerEnd...])
    var header = Array(seed[8..<headerEnd])
    switch random.below(4) {
    case 0:
      header = Array(invented(&random).utf8)
      data = [UInt8](repeating: 1, count: random.below(3) * random.size(upTo: 4096))
    case 1:
      let opening = random.pick(["[", "{\"a\":", "{\"a\":{\"shape\":[", "{\"__metadata__\":", "\\", " "])
      let count = random.size(upTo: 20_000)
      header.insert(contentsOf: String(repeating: opening, count: count).utf8, at: random.below(header.count + 1))
    default:
      Mutation.change(&header, words: words, others: [Array(invented(&random).utf8)], most: 1 << 16, &random)
    }
    // One length in eight is a lie.
    let length = random.once(in: 8) ? random.pick(Mutation.numbers) : header.count
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + header + data
  }

  /// Entries that are well formed, often overlap, and now and then fit.
  private static func invented(_ random: inout Random) -> String {
    var end = 0
    let entries = (0..<random.size(upTo: 16)).map { index in
      let (type, size) = random.pick([("F32", 4), ("F64", 8), ("U64", 8), ("I64", 8), ("U8", 1), ("F16", 2), ("X", 3)])
      let shape = (0..<random.below(4)).map { _ in random.once(in: 8) ? random.pick(Mutation.numbers) : random.below(9)
      }
      let bytes = shape.reduce(size) { $0 &* $1 }
      let begin = random.once(in: 16) ? random.pick(Mutation.numbers) : end
      end = random.once(in: 16) ? random.pick(Mutation.numbers) : begin &+ bytes
      let name = random.once(in: 16) ? "t0" : "t\(index)"
      return "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
    }
    return "{\(entries.joined(separator: ","))}"
  }
}
