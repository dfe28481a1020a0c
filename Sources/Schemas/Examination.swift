/// The results of `doctor`: what is wrong with a job before it runs, and how to start it.
public struct Examination: FileFormat {
  public var formatVersion: Int? = newestFormat
  public var findings: [Finding] = []
  /// mpirun's, for a shell; ends with the program, to which arguments can be added.
  public var commandLine = ""
  public var hosts = 0
  public var ranks = 0
  public var isUnderMpiRun = false

  public init() {}

  public var problems: [Finding] { findings.filter { $0.severity == .problem } }

  /// Problems and advice: what there is to do something about.
  public var warnings: [Finding] { findings.filter { $0.severity != .fine } }
}

/// The result of one check.
public struct Finding: FileRecord, Equatable {
  public enum Severity: String, Codable, Sendable { case fine, advice, problem }

  /// `problem`: the run would fail, or wait for itself. `advice`: it would be slower, or its times mean less.
  public var severity = Severity.fine
  /// The check, in a word or two.
  public var check = ""
  /// The hosts of which it is true; nil for all.
  public var hosts: [String]?
  public var what = ""
  /// Nil where there is nothing to do.
  public var whatToDo: String?

  public init() {}
}
