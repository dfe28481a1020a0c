/// Picks each option's value, flag before configuration file before default, and notes where it came from.
struct OptionResolver {
  private let file: ConfigurationFile?
  /// Options that are not at their default: "steps 1000 (flag)".
  private(set) var chosen: [String] = []

  init(file: ConfigurationFile?) { self.file = file }

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
