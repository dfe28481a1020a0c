import ArgumentParser
import Values

/// What an option is to a run of several ranks.
public enum OptionPart: Sendable {
  /// Another value is another run: ranks agree on it, checkpoints keep it, and a run that is resumed must have it.
  case run
  /// Another value changes the result's last bits only: as `run`, where a run that is resumed is reproducible.
  case bits
  /// Ranks agree on it: they would take different paths, or compute different things.
  case agreed
  /// Each rank may have its own.
  case own
}

/// One option, declared once: flag, key in a configuration file, default, range, help, messages, completion, and what it
/// is to ranks and to a run's identity all come from here.
public struct Declared<Value: Sendable>: Declaration {
  public let name: String
  public let part: OptionPart
  public let isInFile: Bool
  public let pathKind: String?
  /// The value where neither flag nor file has one.
  public let fallback: Value
  private let syntax: Syntax
  private let help: String
  private let valueName: String?
  /// For help texts: what the option takes, and the default.
  private let span, defaultWords: String?
  private let parse: @Sendable (_ texts: [String]) throws(Refusal) -> Value
  private let describe: @Sendable (Value) -> String

  /// How the command line has it: with a value or several, or as `--NAME` and `--no-NAME`.
  private enum Syntax { case value(CompletionKind?), values(CompletionKind?), toggle }

  private init(
    _ name: String, _ part: OptionPart, inFile: Bool = true, _ syntax: Syntax, fallback: Value, help: String,
    valueName: String? = nil, pathKind: String? = nil, span: String? = nil, defaultWords: String?,
    describe: @escaping @Sendable (Value) -> String = { "\($0)" },
    parse: @escaping @Sendable (_ texts: [String]) throws(Refusal) -> Value
  ) {
    (self.name, self.part, isInFile, self.syntax, self.pathKind) = (name, part, inFile, syntax, pathKind)
    (self.fallback, self.help, self.valueName) = (fallback, help, valueName)
    (self.span, self.defaultWords) = (span, defaultWords)
    (self.describe, self.parse) = (describe, parse)
  }

  /// As messages and help texts show it.
  public func text(of value: Value) -> String { describe(value) }
}

// MARK: - kinds of options

extension Declared where Value: WrittenNumber {
  /// A number in a range.
  public init(
    _ range: OptionRange<Value>, default fallback: Value, _ part: OptionPart = .agreed, as valueName: String? = nil,
    help: String
  ) {
    self.init(
      range.name, part, .value(nil), fallback: range.shortened(fallback), help: help, valueName: valueName,
      span: range.span, defaultWords: "\(fallback)"
    ) { texts throws(Refusal) in try number(range, texts[0]) }
  }
}

extension Declared {
  /// A number in a range, or none.
  ///
  /// - Parameter otherwise: what happens without one, for help texts.
  public init<Number>(
    _ range: OptionRange<Number>, otherwise: String?, _ part: OptionPart = .agreed, as valueName: String? = nil,
    help: String
  ) where Value == Number? {
    self.init(
      range.name, part, .value(nil), fallback: nil, help: help, valueName: valueName, span: range.span,
      defaultWords: otherwise, describe: { $0.map { "\($0)" } ?? "its default" }
    ) { texts throws(Refusal) in try number(range, texts[0]) }
  }

  /// Numbers in a range, one or more.
  public init<Number>(
    each range: OptionRange<Number>, default fallback: [Number], otherwise: String? = nil, help: String
  ) where Value == [Number] {
    self.init(
      range.name, .agreed, .values(nil), fallback: fallback, help: help, span: range.span,
      defaultWords: otherwise ?? words(fallback), describe: words
    ) { texts throws(Refusal) in try texts.map { text throws(Refusal) in try number(range, text) } }
  }

  /// One of a few words.
  public init(
    _ name: String, default fallback: Value, _ part: OptionPart = .agreed, as valueName: String? = nil, help: String
  ) where Value: RawRepresentable<String> & CaseIterable {
    self.init(
      name, part, .value(.list(allWords(Value.self))), fallback: fallback, help: help, valueName: valueName,
      span: allWords(Value.self).joined(separator: ", "), defaultWords: fallback.rawValue, describe: \.rawValue
    ) { texts throws(Refusal) in try word(texts[0]) }
  }

  /// One or more of a few words.
  public init<Word: RawRepresentable<String> & CaseIterable & Sendable>(
    each name: String, default fallback: [Word], help: String
  ) where Value == [Word] {
    self.init(
      name, .agreed, .values(.list(allWords(Word.self))), fallback: fallback, help: help,
      span: allWords(Word.self).joined(separator: ", "), defaultWords: words(fallback.map(\.rawValue)),
      describe: { words($0.map(\.rawValue)) }
    ) { texts throws(Refusal) in try texts.map { text throws(Refusal) in try word(text) } }
  }

  /// One or more values that are written as text.
  public init<Written: WrittenValue & CustomStringConvertible>(
    each name: String, _: Written.Type, default fallback: [Written], as valueName: String, help: String
  ) where Value == [Written] {
    self.init(
      name, .agreed, .values(nil), fallback: fallback, help: help, valueName: valueName,
      defaultWords: words(fallback), describe: words
    ) { texts throws(Refusal) in
      try texts.map { text throws(Refusal) in
        guard let value = Written(written: text) else { throw Refusal(text, Written.words) }
        return value
      }
    }
  }

  /// A value that is written as text, and is more than one number or word.
  public init(
    _ name: String, default fallback: Value, _ part: OptionPart = .agreed, as valueName: String, help: String
  ) where Value: WrittenValue & CustomStringConvertible {
    self.init(
      name, part, .value(nil), fallback: fallback, help: help, valueName: valueName, defaultWords: "\(fallback)"
    ) { texts throws(Refusal) in
      guard let value = Value(written: texts[0]) else { throw Refusal(texts[0], Value.words) }
      return value
    }
  }

  /// The same, or none.
  ///
  /// - Parameter otherwise: what happens without one, for help texts.
  public init<Written: WrittenValue>(
    _ name: String, _: Written.Type, otherwise: String?, _ part: OptionPart = .agreed, as valueName: String,
    inFile: Bool = true, help: String
  ) where Value == Written? {
    self.init(
      name, part, inFile: inFile, .value(nil), fallback: nil, help: help, valueName: valueName, defaultWords: otherwise,
      describe: { $0.map { "\($0)" } ?? "none" }
    ) { texts throws(Refusal) in
      guard let value = Written(written: texts[0]) else { throw Refusal(texts[0], Written.words) }
      return value
    }
  }
}

extension Declared<Bool> {
  /// `--NAME`, and `--no-NAME`.
  public init(_ name: String, default fallback: Bool = false, _ part: OptionPart = .agreed, help: String) {
    self.init(
      name, part, .toggle, fallback: fallback, help: help, defaultWords: fallback ? "--\(name)" : nil
    ) { texts throws(Refusal) in
      // All that a person may type in a file means what it looks like, whatever version of YAML their editor believes in.
      switch texts[0].lowercased() {
      case "true", "yes", "on": return true
      case "false", "no", "off": return false
      default: throw Refusal(texts[0], "true or false")
      }
    }
  }
}

extension Declared<String?> {
  public enum PathKind: Sendable { case file, folder }

  /// A path. Ranks compare whether there is one: hosts may have it elsewhere, and what is in it is compared when it has
  /// been read.
  ///
  /// - Parameter otherwise: what happens without one, for help texts.
  public init(
    _ name: String, _ kind: PathKind, otherwise: String? = nil, _ part: OptionPart = .agreed, inFile: Bool = true,
    help: String
  ) {
    self.init(
      name, part, inFile: inFile, .value(kind == .file ? .file() : .directory), fallback: nil, help: help,
      valueName: "\(kind)", pathKind: "\(kind)", defaultWords: otherwise, describe: { $0 ?? "none" }
    ) { texts throws(Refusal) in texts[0] }
  }
}

/// A value that people write as text, such as `30s` or `101:50`.
public protocol WrittenValue: Sendable {
  /// What it is: a value "is not …".
  static var words: String { get }
  /// Nil for what is no such value.
  init?(written text: String)
}

private func words(_ values: [some Any]) -> String { values.map { "\($0)" }.joined(separator: " ") }

private func allWords<Word: RawRepresentable<String> & CaseIterable>(_: Word.Type) -> [String] {
  Word.allCases.map(\.rawValue)
}

private func number<Number>(_ range: OptionRange<Number>, _ text: String) throws(Refusal) -> Number {
  if let value = range.value(text) { return range.shortened(value) }
  throw Refusal(text, range.words)
}

private func word<Word: RawRepresentable<String> & CaseIterable>(_ text: String) throws(Refusal) -> Word {
  guard let value = Word(rawValue: text) else {
    let words = allWords(Word.self)
    let hint = nearest(to: text, among: words).map { "; did you mean \($0)?" } ?? ""
    throw Refusal(text, "one of " + words.joined(separator: ", ") + hint)
  }
  return value
}

/// A text that is no value of its option.
public struct Refusal: Error {
  let text: String
  /// What it is not.
  let words: String

  init(_ text: String, _ words: String) { (self.text, self.words) = (text, words) }
}

// MARK: - the command line

/// A `Declared` of whatever type.
public protocol Declaration: Sendable {
  /// Of the option and of the key in a configuration file.
  var name: String { get }
  var part: OptionPart { get }
  /// Whether a configuration file may have it.
  var isInFile: Bool { get }
  /// Whether it takes several values.
  var takesSeveral: Bool { get }
  /// "file" or "folder" of an option that names one.
  var pathKind: String? { get }
  /// The parser's property wrapper.
  var argument: Any { get }

  /// What the command line says, if anything.
  func texts(in container: KeyedDecodingContainer<OptionKey>) throws -> [String]?
  func value(_ texts: [String]) throws(Refusal) -> any Sendable
  /// As a command line has them.
  func arguments(_ texts: [String]) -> [String]
  /// As messages show a value of its type.
  func text(ofAny value: (any Sendable)?) -> String
}

extension Declared {
  public var argument: Any {
    let (name, help) = (NameSpecification.customLong(name), ArgumentHelp(helpText, valueName: valueName))
    return switch syntax {
    case .value(let completion): Option<String?>(name: name, help: help, completion: completion)
    case .values(let completion):
      Option<[String]>(wrappedValue: [], name: name, parsing: .upToNextOption, help: help, completion: completion)
    case .toggle: Flag<Bool?>(name: name, inversion: .prefixedNo, help: help)
    }
  }

  public var takesSeveral: Bool { if case .values = syntax { true } else { false } }

  private var helpText: String {
    let notes = [span, defaultWords.map { "default: \($0)" }].compactMap { $0 }
    return notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
  }

  public func texts(in container: KeyedDecodingContainer<OptionKey>) throws -> [String]? {
    let key = OptionKey(stringValue: name)
    switch syntax {
    case .value: return try container.decode(Option<String?>.self, forKey: key).wrappedValue.map { [$0] }
    case .values:
      let given = try container.decode(Option<[String]>.self, forKey: key).wrappedValue
      return given.isEmpty ? nil : given
    case .toggle: return try container.decode(Flag<Bool?>.self, forKey: key).wrappedValue.map { ["\($0)"] }
    }
  }

  public func value(_ texts: [String]) throws(Refusal) -> any Sendable { try parse(texts) }

  public func arguments(_ texts: [String]) -> [String] {
    guard case .toggle = syntax else { return ["--\(name)"] + texts }
    return [texts == ["false"] ? "--no-\(name)" : "--\(name)"]
  }

  public func text(ofAny value: (any Sendable)?) -> String { text(of: value as? Value ?? fallback) }
}

/// Any option's name, as the parser's decoder needs it.
public struct OptionKey: CodingKey {
  public let stringValue: String
  public var intValue: Int? { nil }
  public init(stringValue: String) { self.stringValue = stringValue }
  public init?(intValue: Int) { nil }
}
