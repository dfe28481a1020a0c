import DataParallel
import Schemas
import Values

extension Finding {
  static func fine(_ check: String, _ what: String) -> Finding { .init(.fine, check, what) }

  static func advice(_ check: String, _ what: String, do whatToDo: String) -> Finding {
    .init(.advice, check, what, do: whatToDo)
  }

  static func problem(_ check: String, _ what: String, do whatToDo: String) -> Finding {
    .init(.problem, check, what, do: whatToDo)
  }

  private init(_ severity: Severity, _ check: String, _ what: String, do whatToDo: String? = nil) {
    self.init { ($0.severity, $0.check, $0.what, $0.whatToDo) = (severity, check, what, whatToDo) }
  }
}

extension PayingRanks {
  /// Whether the ranks have enough to do in a run as one usually is.
  var finding: Finding {
    guard let advice else {
      return .fine(
        "work", "\(plural(batch, "name")) per step, as train takes them, have work for \(plural(most, "rank"))")
    }
    return .advice("work", advice, do: "train with --batch \(enoughBatch), or start \(count)")
  }
}
