import Files
import Foundation
import Laboratory
import Options
import Schemas
import Values

/// What a sweep reads and writes besides its screen, on rank 0. Found wrong before anything is trained.
final class SweepOutputs {
  let results: ResultsFile?
  private let json: Destination?
  private let page: (folder: DestinationFolder, gnuplot: Gnuplot)?
  /// Of another sweep's results file.
  let calibration: [CalibrationRecord]

  init(_ options: OptionValues<SweepOptions>, names: String) throws {
    let destination = try options.results.map { try Destination("--results", $0) }
    json = try options.json.map { try Destination("--json", $0) }
    page = try options.report.map {
      (try SweepPage.folder("--report", $0, waiting: .ofProgram), try Gnuplot.require())
    }
    var inputs = ProjectFiles.inputs() + [("--data", names)]
    if let path = options.calibration { inputs.append(("--calibration", path)) }
    try requireDistinct([destination, json].compactMap { $0 } + (page?.folder.files ?? []), inputs: inputs)
    guard destination != nil || !options.resume else {
      throw OptionError("--resume goes on with --results FILE: name it")
    }
    results = try destination.map { try ResultsFile($0, resumes: options.resume) }
    calibration = try options.calibration.map { try ResultsFile.read($0).calibration } ?? []
  }

  /// Begins the results file, or goes on with it.
  ///
  /// - Returns: what it had.
  func begin(_ header: SweepHeader) throws -> SweepRecords? { try results?.begin(header) }

  func end(_ file: SweepFile) throws {
    results?.finish()
    try json?.write(SchemaJSON.encode(file))
    if let page {
      try endingOnStop { try SweepPage.write(file, to: page.folder, gnuplot: page.gnuplot) }
      print("\n\(page.folder.path)/index.html")
    }
    if let failure = results?.failure { throw CommandFailure("\(failure); it is incomplete") }
  }
}

/// The results of a sweep, a line of JSON each, whole after every trial.
final class ResultsFile {
  private let destination: Destination
  private let earlier: SweepRecords?
  /// Nil until `begin`.
  private var file: GrowingFile?
  var failure: DestinationError? { file?.failure }

  /// - Parameter resumes: whether what is there stays.
  /// - Throws: `OptionError` where the file has results that would be lost.
  init(_ destination: Destination, resumes: Bool) throws {
    self.destination = destination
    guard destination.identity != nil else {
      guard !resumes else { throw CommandFailure("--resume: --results \(destination.path) is no regular file") }
      earlier = nil
      return
    }
    let there = FileManager.default.fileExists(atPath: destination.path) ? try Self.read(destination.path) : nil
    if let there, !there.trials.isEmpty, !resumes {
      throw CommandFailure(
        "--results \(destination.path) has \(plural(there.trials.count, "trial")) already: go on with --resume, or name "
          + "another file")
    }
    earlier = there
  }

  /// - Throws: `OptionError` for a file that is none of a sweep's.
  static func read(_ path: String) throws -> SweepRecords {
    let bytes = try readRegularFile(path: path, limitInBytes: 1 << 30) { CommandFailure("\(path): \($0)") }
    do {
      return try SweepRecords(bytes, source: path)
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  func begin(_ header: SweepHeader) throws -> SweepRecords? {
    if let earlier, let before = earlier.header {
      try Self.requireSame(before.machine, header.machine, destination.path)
      // What a killed process left of its last line goes.
      let bytes = try readRegularFile(path: destination.path, limitInBytes: 1 << 30) { destination.failed($0) }
      if bytes.count > earlier.wholeBytes {
        try bytes.prefix(earlier.wholeBytes).withUnsafeBytes { try destination.write($0) }
      }
      file = try endingOnStop { try GrowingFile(destination, isEmptied: false) }
      return earlier
    }
    file = try endingOnStop { try GrowingFile(destination, isEmptied: true) }
    append(header)
    return nil
  }

  /// Results of another program, engine or data set are results of another sweep.
  private static func requireSame(_ before: SweepMachine, _ now: SweepMachine, _ path: String) throws {
    let fields = [
      ("data set", before.dataHash, now.dataHash), ("instruction set", before.isa, now.isa),
      ("engine", before.engine, now.engine), ("version", before.version, now.version),
    ]
    for (name, old, new) in fields where old != new {
      throw CommandFailure("--resume: \(name) is \(old) in \(path) and \(new) here; begin another results file")
    }
  }

  func append(_ line: some FileRecord) {
    do { file?.append(try JSONTree(line).line + "\n") } catch { preconditionFailure("\(error)") }
    file?.flush()
  }

  func finish() { file?.finish() }
}
