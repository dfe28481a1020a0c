import DataParallel
import Values

/// Picks each option's value, flag before configuration file before default, and notes where it came from. Both are
/// text until here, so that both may say the same.
struct OptionResolver {
  private let file: ConfigurationFile?
  /// Options that are not at their default: "steps 1000 (flag)".
  private(set) var chosen: [String] = []

  init(file: ConfigurationFile? = nil) { self.file = file }

  /// A number in its option's range.
  ///
  /// - Parameter flag: what the command line says, if anything.
  /// - Throws: `OptionError` or `ConfigurationError`, which names the range; on the command line, for what is no number at
  ///   all, `JobFailure.Reason` with the exit code of wrong arguments.
  mutating func number<Number>(_ range: OptionRange<Number>, _ flag: Given?) throws -> Number? {
    let configured = try file?.number(range)
    return choose(range.name, try flag.map { try Self.number(range, $0) }, configured)
  }

  static func number<Number>(_ range: OptionRange<Number>, _ flag: Given) throws -> Number {
    guard let value = range.value(flag.text) else {
      let refusal = range.refusal(of: flag.text, at: "--\(range.name)")
      // A number, though none that the option takes, is understood: also one that is not finite.
      guard Double(flag.text) == nil else { throw OptionError(refusal) }
      throw notUnderstood(refusal)
    }
    return value
  }

  /// As the command line's parser ends a command whose words it does not understand.
  private static func notUnderstood(_ refusal: String) -> JobFailure.Reason {
    JobFailure.Reason(description: "Error: \(refusal)", code: 64)
  }

  /// A value that is written as text, and is more than one number.
  mutating func value<Value: ConfigurationValue>(_ name: String, written flag: Given?) throws -> Value? {
    try value(
      name,
      flag.map { flag in
        guard let value = Value(configuration: flag.text) else {
          throw Self.notUnderstood("--\(name) \(printable(flag.text)) is not \(Value.kind)")
        }
        return value
      })
  }

  /// - Parameters:
  ///   - name: the option's and the configuration key's.
  ///   - flag: what the command line says, if anything.
  mutating func value<Value: ConfigurationValue>(_ name: String, _ flag: Value?) throws -> Value? {
    choose(name, flag, try file?.value(name, as: Value.self))
  }

  /// As `value`, for a path: one in a configuration file counts from that file's folder.
  mutating func path(_ name: String, _ flag: String?) throws -> String? {
    choose(name, flag, try file?.path(name))
  }

  private mutating func choose<Value>(_ name: String, _ flag: Value?, _ configured: Value?) -> Value? {
    if let flag { chosen.append("\(name) \(flag) (flag)") }
    if flag == nil, let configured { chosen.append("\(name) \(configured) (\(file?.path ?? ""))") }
    return flag ?? configured
  }
}

extension Given {
  /// For commands without a configuration file.
  func number<Number>(in range: OptionRange<Number>) throws -> Number { try OptionResolver.number(range, self) }
}

extension [Given] {
  func numbers<Number>(in range: OptionRange<Number>) throws -> [Number] { try map { try $0.number(in: range) } }
}
