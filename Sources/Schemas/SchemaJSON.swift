import Foundation
import Values

/// The JSON of whole files: keys in snake case and sorted, a line break at the end. A number that is not finite is a
/// string.
public enum SchemaJSON {
  private static let notFinite = (positive: "inf", negative: "-inf", nan: "nan")

  public static func encode(_ file: some FileRecord) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .custom { keys in SnakeCase(stringValue: keys.last?.stringValue ?? "") }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: notFinite.positive, negativeInfinity: notFinite.negative, nan: notFinite.nan)
    return try encoder.encode(file) + Data("\n".utf8)
  }

  /// Keys that are not known are skipped; camel case is as good as snake case.
  ///
  /// - Throws: `ReportError.notAReport`, which names the field as the file has it.
  public static func decode<File: FileRecord>(_ data: Data, as type: File.Type = File.self) throws -> File {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: notFinite.positive, negativeInfinity: notFinite.negative, nan: notFinite.nan)
    do {
      return try decoder.decode(File.self, from: data)
    } catch let error as DecodingError {
      // It quotes what it found.
      throw ReportError.notAReport(escaped(String(describe(error).prefix(400))))
    }
  }

  private struct SnakeCase: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = snakeCase(stringValue) }
    init?(intValue: Int) { nil }
  }

  private static func describe(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context): "\(path(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context): "\(path(context.codingPath)) is null"
    case .typeMismatch(let type, let context): "\(path(context.codingPath)) is not of type \(type)"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty ? "not JSON" : "\(path(context.codingPath)): \(context.debugDescription)"
    @unknown default: "\(error)"
    }
  }

  /// "results[3].us_per_step". The decoder's own path has the keys of Swift.
  private static func path(_ keys: [any CodingKey]) -> String {
    guard !keys.isEmpty else { return "the whole" }
    var path = ""
    for key in keys {
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += (path.isEmpty ? "" : ".") + snakeCase(key.stringValue)
      }
    }
    return path
  }
}

extension ScalingReport {
  /// Reads a report that may come from anybody.
  ///
  /// - Throws: `ReportError.notAReport`, which names the field.
  public init(json: Data) throws {
    self = try SchemaJSON.decode(json)
    try ReportLimits.check(self)
  }
}
