import Schemas

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
