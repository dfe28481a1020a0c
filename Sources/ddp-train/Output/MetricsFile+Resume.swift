import Foundation

extension MetricsFile {
  /// Leaves of a metrics file the records up to `step`, so that with those of the resumed run it reads as one run's:
  /// later ones come again, a final line is no longer final, and a line that was cut off is none.
  ///
  /// A file that does not exist or is none, such as a pipe, stays as it is.
  ///
  /// - Throws: where the file cannot be rewritten; then it is as it was.
  static func cut(_ path: String, behind step: Int) throws {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    func failure() -> OptionError { OptionError("metrics file \(path): \(String(cString: strerror(errno)))") }
    guard let source = fopen(path, "r") else { throw failure() }
    defer { fclose(source) }
    let partial = path + ".partial"
    guard let target = fopen(partial, "w") else { throw failure() }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    var isWhole = true
    while isWhole, getline(&line, &capacity, source) > 0, let text = line {
      if isRecord(String(cString: text), upTo: step) { isWhole = fputs(text, target) != EOF }
    }
    isWhole = ferror(source) == 0 && fflush(target) == 0 && fsync(fileno(target)) == 0 && isWhole
    guard fclose(target) == 0, isWhole, rename(partial, path) == 0 else {
      defer { unlink(partial) }
      throw failure()
    }
  }

  private static func isRecord(_ line: String, upTo step: Int) -> Bool {
    let start = "{\"step\": "
    guard line.hasPrefix(start), line.hasSuffix("}\n") else { return false }
    guard let number = Int(line.dropFirst(start.count).prefix { $0.isNumber }) else { return false }
    return number <= step
  }
}
