import Files

extension MetricsFile {
  /// Leaves of a metrics file the records up to `step`, so that with those of the resumed run it reads as one run's:
  /// later ones come again, a final line is no longer final, and a line that was cut off is none.
  ///
  /// What is no file, such as a pipe, stays as it is.
  ///
  /// - Parameters:
  ///   - evaluated: the last step whose evaluation stays.
  ///   - every: steps between two records.
  /// - Returns: the gap between what is left and `step`, in words; nil where there is none.
  /// - Throws: `DestinationError` where the file cannot be rewritten; then it is as it was.
  static func cut(_ destination: Destination, after step: Int, evaluated: Int, every: Int) throws -> String? {
    guard destination.identity != nil else { return nil }
    var bytes: [UInt8] = []
    do throws(RegularFileError) {
      bytes = try readRegularFile(path: destination.path, limitInBytes: .max)
    } catch {
      guard error == .notFound else { throw destination.failed(error) }
    }
    var kept: [UInt8] = []
    var steps: [Int] = []
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
      guard let (type, number) = record(line), number <= (type == .evaluation ? evaluated : step) else { continue }
      kept += line
      kept.append(UInt8(ascii: "\n"))
      if type == .step { steps = steps.suffix(1) + [number] }
    }
    if kept.count != bytes.count { try kept.withUnsafeBytes { try destination.write($0) } }
    return gap(after: steps, until: step, every: every).map {
      "--metrics \(destination.path): records of \($0) are missing; the run goes on after step \(step)"
    }
  }

  /// The steps up to `step` of which a record should be there and is not, in words.
  ///
  /// - Parameter last: steps of the last two records, or as many as there are. An earlier process may have written
  ///   fewer records than this one will.
  static func gap(after last: [Int], until step: Int, every: Int) -> String? {
    let end = last.last ?? 0
    let interval = max(every, last.count == 2 ? end - last[0] : end)
    guard end < step / interval * interval else { return nil }
    return end + 1 == step ? "step \(step)" : "steps \(end + 1) to \(step)"
  }

  private enum RecordType: String, CaseIterable {
    case step, evaluation, link
    case noiseScale = "noise_scale"
  }

  /// How a record begins. Those of format 1 have no type.
  private static let starts: [(type: RecordType, bytes: [UInt8])] =
    RecordType.allCases.map { ($0, Array("{\"type\": \"\($0.rawValue)\", \"step\": ".utf8)) }
    + [(.step, Array("{\"step\": ".utf8))]

  /// Type and step of a whole record; nil for any other line.
  private static func record(_ line: ArraySlice<UInt8>) -> (RecordType, Int)? {
    guard let (type, start) = starts.first(where: { line.starts(with: $0.bytes) }), line.last == UInt8(ascii: "}")
    else {
      return nil
    }
    let digits = line.dropFirst(start.count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return Int(String(decoding: digits, as: UTF8.self)).map { (type, $0) }
  }
}
