import ArgumentParser
import Values

/// A command's options: a structure whose stored properties are `Declared` options, or other tables. A property is all
/// that an option takes.
public protocol OptionTable: Sendable {
  init()
}

extension OptionTable {
  /// All of its options in order, those of a table in its place.
  public var declarations: [any Declaration] {
    Mirror(reflecting: self).children.flatMap { child -> [any Declaration] in
      switch child.value {
      case let option as any Declaration: [option]
      case let table as any OptionTable: table.declarations
      default: []
      }
    }
  }
}

/// What the command line says of a table's options, as text. A command has one as its `@OptionGroup`.
public struct CommandLineOptions<Table: OptionTable>: ParsableArguments, CustomReflectable {
  private var texts: [String: [String]] = [:]

  public init() {}

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: OptionKey.self)
    for option in Table().declarations { texts[option.name] = try option.texts(in: container) }
  }

  /// The parser finds options by looking for its property wrappers among a value's children.
  public var customMirror: Mirror {
    Mirror(self, children: Table().declarations.map { (label: $0.name, value: $0.argument) })
  }

  /// Says that the command line gives an option its text.
  public mutating func give<Value>(_ option: KeyPath<Table, Declared<Value>>, _ text: String) {
    texts[Table()[keyPath: option].name] = [text]
  }

  /// What the command line says of one option, if anything.
  public func text<Value>(_ option: KeyPath<Table, Declared<Value>>) -> String? {
    texts[Table()[keyPath: option].name]?.first
  }

  /// Each option's value: flag before configuration file before what is kept before default.
  ///
  /// - Throws: `OptionError` or `ConfigurationError` for the first text that is no value of its option. A file must be
  ///   right also where a flag wins.
  public func values(_ file: OptionFile? = nil, kept: KeptTexts? = nil) throws -> OptionValues<Table> {
    let table = Table()
    var result = OptionValues(table)
    for option in table.declarations {
      let configured = try file?.value(of: option)
      if let own = texts[option.name] {
        result.choose(option, try Self.value(of: option, own), own, from: "flag")
      } else if let configured, let file {
        result.choose(option, configured, [], from: file.path)
      } else if let kept, let text = kept.texts[option.name] {
        result.keep(option, try kept.value(of: option, text), from: kept.place)
      }
    }
    return result
  }

  private static func value(of option: any Declaration, _ texts: [String]) throws(OptionError) -> any Sendable {
    do throws(Refusal) {
      return try option.value(texts)
    } catch {
      throw OptionError("--\(option.name) \(printable(error.text)) is not \(error.words)")
    }
  }
}

/// What another file than a configuration says of options, as text: it counts where nobody gives another value, and what
/// it says is not given.
public struct KeptTexts: Sendable {
  let path, place: String
  let texts: [String: String]

  /// - Parameters:
  ///   - path: of the file, for messages.
  ///   - place: what kind of file it is, beside the options that come from it.
  public init(path: String, from place: String, _ texts: [String: String]) {
    (self.path, self.place, self.texts) = (path, place, texts)
  }

  fileprivate func value(of option: any Declaration, _ text: String) throws(OptionError) -> any Sendable {
    do throws(Refusal) {
      return try option.value([text])
    } catch {
      throw OptionError("\(path): its \(option.name) \(printable(error.text)) is not \(error.words)")
    }
  }
}

/// A table's options with the values that a command goes by: `values.batch`.
@dynamicMemberLookup
public struct OptionValues<Table: OptionTable>: Sendable {
  private let table: Table
  private var values: [String: any Sendable] = [:]
  /// Options that were given, and kept ones that are not their defaults, with where they come from: "steps 1000 (flag)".
  public private(set) var chosen: [String] = []
  /// By option: what the command line says; empty where the file gives it.
  private var given: [String: [String]] = [:]

  init(_ table: Table) { self.table = table }

  public subscript<Value>(dynamicMember option: KeyPath<Table, Declared<Value>>) -> Value {
    let declared = table[keyPath: option]
    return values[declared.name].flatMap { $0 as? Value } ?? declared.fallback
  }

  /// Sets what an option comes to where that depends on others, or on this machine.
  public mutating func settle<Value>(_ option: KeyPath<Table, Declared<Value>>, _ value: Value) {
    values[table[keyPath: option].name] = value
  }

  public subscript<Inner: OptionTable>(dynamicMember inner: KeyPath<Table, Inner>) -> OptionValues<Inner> {
    var result = OptionValues<Inner>(table[keyPath: inner])
    (result.values, result.chosen, result.given) = (values, chosen, given)
    return result
  }

  public func isGiven<Value>(_ option: KeyPath<Table, Declared<Value>>) -> Bool {
    given[table[keyPath: option].name] != nil
  }

  /// Whether the command line gives it, and not a file alone.
  public func isOnCommandLine<Value>(_ option: KeyPath<Table, Declared<Value>>) -> Bool {
    given[table[keyPath: option].name]?.isEmpty == false
  }

  /// Holds numbers against the range that this job has for them.
  ///
  /// - Throws: `OptionError` for one that this job has no use for, though others have.
  public func require<Number>(
    _ option: KeyPath<Table, Declared<[Number]>>, in range: OptionRange<Number>
  ) throws(OptionError) {
    let texts = given[table[keyPath: option].name] ?? []
    for (index, number) in self[dynamicMember: option].enumerated() where !range.range.contains(number) {
      let text = index < texts.count ? texts[index] : "\(number)"
      throw OptionError(range.refusal(of: text, at: "--\(range.name)"))
    }
  }

  /// The first option that was given and is none of these.
  public func firstGiven(except others: [String]) -> String? {
    table.declarations.map(\.name).first { given[$0] != nil && !others.contains($0) }
  }

  /// What ranks must have in common, by option: each value as text, of a path only whether there is one.
  public var agreement: [(name: String, value: String)] {
    table.declarations.filter { $0.part != .own }.map { option in
      let value = values[option.name]
      let path = option.pathKind.map { value == nil ? "no \($0)" : "a \($0)" }
      return (option.name, path ?? option.text(ofAny: value))
    }
  }

  /// The command line's words of all options that it gives but some.
  public func arguments(except others: Set<String>) -> [String] {
    table.declarations.flatMap { option -> [String] in
      guard let texts = given[option.name], !texts.isEmpty, !others.contains(option.name) else { return [] }
      return option.arguments(texts)
    }
  }

  /// How options of a part that are given differ from what is kept of them. What is not kept is missing.
  ///
  /// - Returns: option, the text that is kept, and the text that is given.
  public func differences(of part: OptionPart, from kept: [String: String]) -> [(String, there: String, here: String)] {
    table.declarations.compactMap { option in
      guard option.part == part, given[option.name] != nil, let there = kept[option.name] else { return nil }
      let here = option.text(ofAny: values[option.name])
      return here == there ? nil : (option.name, there, here)
    }
  }

  /// The options of some names that have a value which is no default, as a run's checkpoints keep them.
  public func texts(of options: [any Declaration]) -> [(name: String, value: String)] {
    options.compactMap { option in values[option.name].map { (option.name, option.text(ofAny: $0)) } }
  }

  /// The options of these parts, as a run's checkpoints keep them.
  public func texts(of parts: Set<OptionPart>) -> [(name: String, value: String)] {
    table.declarations.filter { parts.contains($0.part) }.map { ($0.name, $0.text(ofAny: values[$0.name])) }
  }

  mutating func choose(_ option: any Declaration, _ value: any Sendable, _ texts: [String], from place: String) {
    values[option.name] = value
    given[option.name] = texts
    chosen.append("\(option.name) \(option.text(ofAny: value)) (\(place))")
  }

  mutating func keep(_ option: any Declaration, _ value: any Sendable, from place: String) {
    values[option.name] = value
    let text = option.text(ofAny: value)
    if text != option.text(ofAny: nil) { chosen.append("\(option.name) \(text) (\(place))") }
  }
}
