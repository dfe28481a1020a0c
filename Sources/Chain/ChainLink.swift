/// A link of a run's chain: all that decides the run from here on, and all of it before, in one digest.
///
/// The digest is SHA-256 of `text`. docs/verify.md has its form, exactly enough to write it again.
public struct ChainLink: Hashable, Sendable, Codable {
  /// Of the text; raised where its form changes.
  public static let formatVersion = 1
  /// Nobody has computed the start of a chain.
  public static let noProgram = "-"

  /// 0 of the start of a chain.
  public var number: Int
  /// Steps done: 0 of the start.
  public var step: Int
  /// Step and digest of the link before; 0 and zeros where there is none.
  public var previousStep: Int
  public var previous: Digest
  /// Of the program that computed the steps since the link before; `noProgram` of the start.
  public var program: String
  /// Of the names that it trained on.
  public var names: Digest
  /// How many of the steps done have their parameters in the sums among the tensors.
  public var averagedSteps: Int
  /// By key: all settings that decide bits.
  public var settings: [String: String]
  /// In the order of a checkpoint's file.
  public var tensors: [TensorRoot]

  public init(
    number: Int, step: Int, previousStep: Int, previous: Digest, program: String, names: Digest, averagedSteps: Int,
    settings: [String: String], tensors: [TensorRoot]
  ) {
    (self.number, self.step, self.previousStep, self.previous) = (number, step, previousStep, previous)
    (self.program, self.names, self.averagedSteps) = (program, names, averagedSteps)
    (self.settings, self.tensors) = (settings, tensors)
  }

  /// The text whose digest is the link's. Two links that differ have different texts: each line has a form of its own, and
  /// no value holds a line's end.
  ///
  /// - Throws: `ChainError` for a word or a value that has no place on a line.
  public var text: String {
    get throws(ChainError) {
      var lines = [
        "link \(Self.formatVersion) of ddp-train", "number \(number)", "step \(step)",
        "previous \(previousStep) \(previous)",
        "program \(try Self.word(program))", "names \(names)", "averaged-steps \(averagedSteps)",
      ]
      for (key, value) in settings.sorted(by: { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }) {
        lines.append("setting \(try Self.word(key)) \(try Self.line(value))")
      }
      for tensor in tensors {
        let shape = tensor.shape.map { "\($0)" }.joined(separator: " ")
        lines.append("tensor \(try Self.word(tensor.name)) \(try Self.word(tensor.type)) \(shape) \(tensor.root)")
      }
      return lines.map { $0 + "\n" }.joined()
    }
  }

  /// - Throws: `ChainError`, of `text` or where there is no libcrypto.
  public func digest(_ hasher: borrowing SHA256) throws(ChainError) -> Digest {
    try hasher.update(Array(text.utf8))
    return try hasher.finish()
  }

  private static func line(_ text: String) throws(ChainError) -> String {
    guard text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
      throw ChainError("a link has no place for a value that is not plain ASCII")
    }
    return text
  }

  private static func word(_ text: String) throws(ChainError) -> String {
    guard !text.isEmpty, !text.utf8.contains(0x20) else {
      throw ChainError("a link has no place for a name with blanks")
    }
    return try line(text)
  }
}
