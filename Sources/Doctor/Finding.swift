/// What one check found.
public struct Finding: Codable, Equatable, Sendable {
  public enum Severity: String, Codable, Sendable, Comparable {
    case fine, advice, problem

    public static func < (left: Self, right: Self) -> Bool { left.order < right.order }
    private var order: Int {
      switch self {
      case .fine: 0
      case .advice: 1
      case .problem: 2
      }
    }
  }

  /// `problem`: the run would fail, or wait for itself. `advice`: it would be slower, or its times mean less.
  public var severity: Severity
  /// What was checked, in a word or two.
  public var check: String
  /// The hosts of which it is true; nil for all.
  public var hosts: [String]?
  public var what: String
  /// Nil where there is nothing to do.
  public var whatToDo: String?

  static func fine(_ check: String, _ what: String) -> Finding { .init(severity: .fine, check: check, what: what) }

  static func advice(_ check: String, _ what: String, do whatToDo: String) -> Finding {
    .init(severity: .advice, check: check, what: what, whatToDo: whatToDo)
  }

  static func problem(_ check: String, _ what: String, do whatToDo: String) -> Finding {
    .init(severity: .problem, check: check, what: what, whatToDo: whatToDo)
  }
}
