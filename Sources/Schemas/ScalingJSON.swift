import Foundation
import Values

/// A scaling report as JSON, times in µs.
public enum ScalingJSON {
  public static func encode(_ report: ScalingReport) throws -> Data { try ReportJSON.encode(report) }

  /// - Throws: `ReportError.notAReport`, which names the field.
  public static func decode(_ data: Data) throws -> ScalingReport {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let notFinite = ReportJSON.notFinite
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: notFinite.positive, negativeInfinity: notFinite.negative, nan: notFinite.nan)
    do {
      let report = try decoder.decode(ScalingReport.self, from: data)
      try ReportLimits.check(report)
      return report
    } catch let error as DecodingError {
      // It quotes what it found.
      throw ReportError.notAReport(escaped(String(describe(error).prefix(400))))
    }
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

  private static func snakeCase(_ name: String) -> String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }
}
