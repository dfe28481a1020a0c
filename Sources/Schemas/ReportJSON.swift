import Foundation

/// JSON as all reports have it: keys in snake case and sorted, a line break at the end. A number that is not finite is
/// a string.
public enum ReportJSON {
  static let notFinite = (positive: "inf", negative: "-inf", nan: "nan")

  public static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: notFinite.positive, negativeInfinity: notFinite.negative, nan: notFinite.nan)
    return try encoder.encode(value) + Data("\n".utf8)
  }
}
