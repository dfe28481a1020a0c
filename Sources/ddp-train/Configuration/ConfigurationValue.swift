import Checkpoints
import DataParallel
import GPT
import Values

/// An option's type, as text in a configuration file; numbers have an `OptionRange` instead.
///
/// YAML gives some values several spellings. All that a person may type here mean what they look like, whatever
/// version of YAML their editor believes in: yes, on.
protocol ConfigurationValue {
  /// What a value is, for messages: "… is not KIND".
  static var kind: String { get }
  init?(configuration text: String)
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
  static var kind: String { Self.words }
  init?(configuration text: String) { self.init(text: text) }
}

extension BitFlip: ConfigurationValue {
  static var kind: String { "RANK,STEP, a rank from 0 and a step from 1" }

  init?(configuration text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int(written: String($0)) }
    guard parts.count == 2, let rank = parts[0], let step = parts[1], rank >= 0, Ranges.steps.range.contains(step)
    else { return nil }
    self.init(rank: rank, step: step)
  }
}

extension EngineKind: ConfigurationValue {}
extension ExponentialPrecision: ConfigurationValue {}
extension ProgressMode: ConfigurationValue {}
extension SynchronisationStrategy: ConfigurationValue {}
