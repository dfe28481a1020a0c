import Checkpoints
import DataParallel
import GPT

/// An option's type, as text in a configuration file.
///
/// YAML gives some values several spellings. All that a person may type here mean what they look like, whatever
/// version of YAML their editor believes in: 1_000, 1e3, yes, on.
protocol ConfigurationValue {
  /// What a value is, for messages: "… is not KIND".
  static var kind: String { get }
  init?(configuration text: String)
}

extension Int: ConfigurationValue {
  static var kind: String { "an integer" }
  init?(configuration text: String) { self.init(wholeNumber: text) }
}

extension UInt64: ConfigurationValue {
  static var kind: String { "a whole number from 0 to \(UInt64.max)" }
  init?(configuration text: String) { self.init(wholeNumber: text) }
}

extension Double: ConfigurationValue {
  static var kind: String { "a number" }
  init?(configuration text: String) {
    guard let digits = withoutSeparators(text) else { return nil }
    self.init(digits)
  }
}

extension Bool: ConfigurationValue {
  static var kind: String { "true or false" }
  init?(configuration text: String) {
    switch text.lowercased() {
    case "true", "yes", "on": self = true
    case "false", "no", "off": self = false
    default: return nil
    }
  }
}

extension String: ConfigurationValue {
  static var kind: String { "text" }
  init?(configuration text: String) { self = text }
}

extension ConfigurationValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  static var kind: String { "one of " + allCases.map(\.rawValue).joined(separator: ", ") }
  init?(configuration text: String) { self.init(rawValue: text) }
}

extension CheckpointInterval: ConfigurationValue {
  static var kind: String { "a number of steps (500) or of seconds (30s)" }
  init?(configuration text: String) { self.init(text: text) }
}

extension EngineKind: ConfigurationValue {}
extension ExponentialPrecision: ConfigurationValue {}
extension ProgressMode: ConfigurationValue {}
extension SynchronisationStrategy: ConfigurationValue {}

extension FixedWidthInteger {
  /// 5000, 5_000, 5e3 and 5000.0, but not 5.5e0.
  fileprivate init?(wholeNumber text: String) {
    guard let digits = withoutSeparators(text) else { return nil }
    if let value = Self(digits) {
      self = value
    } else if let number = Double(digits), let value = Self(exactly: number) {
      self = value
    } else {
      return nil
    }
  }
}

/// `text` without the underscores between its digits; nil where one stands elsewhere.
private func withoutSeparators(_ text: String) -> String? {
  let groups = text.split(separator: "_", omittingEmptySubsequences: false)
  for (left, right) in zip(groups, groups.dropFirst()) {
    guard left.last?.isNumber == true, right.first?.isNumber == true else { return nil }
  }
  return groups.joined()
}
