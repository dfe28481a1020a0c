/// The names of `generate --json`, with how they were drawn.
public struct NamesFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// C and H.
  public var c = 0, heads = 0
  /// As decimal digits: it may be larger than numbers in JSON can be relied on.
  public var seed = ""
  public var temperature = Double.nan
  /// Names that were asked for.
  public var count = 0
  /// Whether names of the data are left out.
  public var novel = false
  /// The data: its names, copies included, and their hash as checkpoints have it.
  public var dataNames = 0, dataHash = ""
  public var names: [GeneratedName] = []

  public init() {}

  /// The file up to its first name, and after its last one: a file is written while its names are drawn.
  public func frame() throws -> (head: String, tail: String) {
    var empty = self
    empty.names = []
    let tail = "]}"
    return (String(try JSONTree(empty).line.dropLast(tail.utf8.count)) + "\n", tail + "\n")
  }
}

/// A name that a model has made up.
public struct GeneratedName: FileRecord {
  public var name = ""
  /// Natural logarithms of its probability: under the model, which is that of temperature 1; and of its being drawn.
  public var logProbability = Double.nan, drawnLogProbability = Double.nan
  /// Whether the data has it.
  public var inData = false

  public init() {}
}

extension GeneratedName {
  /// Appends the name as a line of the file, the same as `JSONTree` makes of it; it begins with what parts it from the name
  /// before.
  ///
  /// - Parameter letters: 0…25.
  public static func appendLine(
    letters: UnsafeBufferPointer<UInt8>, logProbability: Double, drawnLogProbability: Double, inData: Bool,
    to text: inout [UInt8]
  ) {
    text += #", {"name": ""#.utf8
    for letter in letters { text.append(letter + UInt8(ascii: "a")) }
    text += #"", "log_probability": "#.utf8
    text += number(logProbability).utf8
    text += #", "drawn_log_probability": "#.utf8
    text += number(drawnLogProbability).utf8
    text += (inData ? #", "in_data": true}"# : #", "in_data": false}"#).utf8
    text.append(UInt8(ascii: "\n"))
  }

  private static func number(_ value: Double) -> String { value.isFinite ? value.description : "null" }
}
