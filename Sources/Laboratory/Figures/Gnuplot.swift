import DataParallel
import Foundation
import Schemas

/// The program that draws the figures.
public struct Gnuplot: Sendable {
  private let program: URL

  /// - Parameter path: folders to look in, as in PATH.
  /// - Throws: `ReportError.noGnuplot`, which says what to install. Call it before a long measurement.
  public static func require(
    path: String = ProcessInfo.processInfo.environment["PATH"] ?? ""
  ) throws -> Gnuplot {
    for folder in path.split(separator: ":") {
      let program = "\(folder)/gnuplot"
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: program, isDirectory: &isFolder), !isFolder.boolValue,
        FileManager.default.isExecutableFile(atPath: program)
      {
        return Gnuplot(program: URL(fileURLWithPath: program))
      }
    }
    throw ReportError.noGnuplot
  }

  /// Runs a script in its folder, as a reader of the report would.
  ///
  /// - Throws: `ReportError.gnuplot` with its first complaint.
  func run(script: String, in folder: URL) throws {
    let process = Process()
    process.executableURL = program
    // -d: no one's own settings.
    process.arguments = ["-d", script]
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    do {
      try process.run()
    } catch {
      throw ReportError.gnuplot(script: script, reason: error.localizedDescription)
    }
    let words = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      // A Ctrl-C is for both.
      try StopSignal.check()
      throw ReportError.gnuplot(script: script, reason: Self.complaint(in: words, of: process))
    }
  }

  /// gnuplot shows the line and a mark below it first.
  private static func complaint(in words: String, of process: Process) -> String {
    let lines = words.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }
    return lines.last { !$0.isEmpty }.map(String.init) ?? "ended with \(process.terminationStatus)"
  }
}
