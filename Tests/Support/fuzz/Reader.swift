/// One reader of files under test.
struct Reader {
  /// Also the ending of the inputs that are kept.
  let name: String
  /// Intact inputs.
  let seeds: [[UInt8]]
  /// Pieces of the format.
  let words: [[UInt8]]
  /// The longest input, in bytes.
  let longest: Int
  /// Changes that know the format: of one intact input, or an input made from nothing.
  let make: (_ seed: [UInt8], inout Random) -> [UInt8]
  /// Whether bytes are changed too, where a change that knows the format comes first or not at all.
  var changesBytes = true
  /// The last change of all.
  var finish: ([UInt8], inout Random) -> [UInt8] = { bytes, _ in bytes }
  /// Reads bytes, and looks at all that the reader hands out.
  ///
  /// - Throws: `Fault` where that is not sound; the reader's own error where it refuses the bytes.
  let readBytes: ([UInt8]) throws -> Void
  /// The same of a file.
  let readFile: (_ path: String) throws -> Void
  /// What an error of this reader is counted as; nil of an error that it should not throw.
  let kind: (any Error) -> String?

  /// Input `number` of a seed, in memory that ends where it ends.
  func input(seed: UInt64, number: Int) -> [UInt8] {
    var random = Random(seed: seed, number: number)
    var bytes = seeds[0]
    // The first of all is intact, so that a reader that refuses everything is noticed.
    if number > 0 {
      bytes = random.pick(seeds)
      let choice = changesBytes ? random.below(4) : 1
      if choice != 0 { bytes = make(bytes, &random) }
      if choice != 1 { Mutation.change(&bytes, words: words, others: seeds, most: longest, &random) }
      bytes = finish(bytes, &random)
    }
    return exact(bytes)
  }
}

/// What a reader let pass and should not have.
struct Fault: Error {
  let reason: String
}

func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws(Fault) {
  if !condition { throw Fault(reason: reason()) }
}

/// A copy without room behind its end, where the sanitizer sees every access.
func exact(_ bytes: [UInt8]) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: bytes.count) { memory, count in
    count = memory.initialize(fromContentsOf: bytes)
  }
}

/// A message without what differs from input to input: numbers, quoted text and lists.
func outline(_ message: String) -> String {
  var result = ""
  var quoted = false
  for character in message {
    if character == "\"" {
      quoted.toggle()
      if quoted { result += "…" }
    } else if !quoted, character.isNumber {
      if result.last != "#" { result.append("#") }
    } else if !quoted {
      result.append(character)
    }
  }
  return String(result.prefix(72))
}
