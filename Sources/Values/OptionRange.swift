/// The numbers that an option takes. Command line, YAML, a checkpoint's metadata and help texts all ask here.
public struct OptionRange<Number: WrittenNumber>: Sendable {
  /// The option's name and the configuration key.
  public let name: String
  public let range: ClosedRange<Number>
  /// "names", "seconds"; empty where a number needs no unit.
  private let unit: String
  /// What else is to be known: "0 for never".
  private let note: String
  /// Whether there is no end that anybody would run into, so that help texts need not name it.
  private let isOpen: Bool
  /// The largest number in a rehearsal.
  private let rehearsal: Number?

  public init(
    _ name: String, _ range: ClosedRange<Number>, unit: String = "", note: String = "", isOpen: Bool = false,
    rehearsal: Number? = nil
  ) {
    (self.name, self.range, self.unit, self.note, self.isOpen) = (name, range, unit, note, isOpen)
    self.rehearsal = rehearsal
  }

  /// A number of the option as the program goes by it: the same but in a rehearsal.
  public func shortened(_ number: Number) -> Number {
    guard Rehearsal.isOn, let rehearsal else { return number }
    return min(number, rehearsal)
  }

  /// "a whole number from 1 to 1048576": a value "is not …".
  public var words: String {
    let unit = unit.isEmpty ? "" : " " + unit
    return "\(Number.noun) from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))\(unit)"
      + (note.isEmpty ? "" : "; \(note)")
  }

  /// For help texts: "1 to 1048576".
  public var span: String {
    let lowest = Self.text(range.lowerBound)
    // The smallest numbers there are.
    if isOpen, lowest.contains("e-") { return "above 0" }
    return isOpen ? "at least \(lowest)" : "\(lowest) to \(Self.text(range.upperBound))"
  }

  /// 1000, also of 1000.0.
  private static func text(_ number: Number) -> String {
    let text = "\(number)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// Nil for what is no number in this range.
  public func value(_ text: String) -> Number? { Number(written: text).flatMap { range.contains($0) ? $0 : nil } }

  /// What is wrong with a text of which `value` is nil: `batch: "0" is not a whole number from 1 to 1048576 names`.
  ///
  /// - Parameter place: how to call the option where the text was found: `--batch`, `batch:`.
  public func refusal(of text: String, at place: String) -> String { "\(place) \(printable(text)) is not \(words)" }
}
