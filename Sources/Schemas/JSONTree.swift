import Values

/// A value as a file has it: an object has its fields in the order in which their type declares them, with keys in
/// snake case; those that are nil are null.
///
/// JSON lines, CSV, the limits of what is read and the tests of the documents' key lists are made from it. Its numbers
/// are `Int` and `Double`.
public indirect enum JSONTree: Equatable, Sendable {
  case null
  case truth(Bool)
  case count(Int)
  case number(Double)
  case text(String)
  case list([JSONTree])
  case object([Field])

  public struct Field: Equatable, Sendable {
    public var key: String
    public var value: JSONTree
  }

  /// - Throws: what `value` throws while it is encoded.
  public init(_ value: some Encodable) throws {
    let node = JSONNode()
    try value.encode(to: node)
    self = node.tree
  }

  /// An object's fields; none of any other value.
  public var fields: [Field] { if case .object(let fields) = self { fields } else { [] } }

  /// As one line of JSON, `{"step": 1, "loss": 2.5}`: numbers in the shortest text that reads back as the same number,
  /// and as null where they are not finite. Fields that are null are left out.
  public var line: String {
    var line = ""
    write(to: &line)
    return line
  }

  private func write(to line: inout String) {
    switch self {
    case .null: line += "null"
    case .truth(let truth): line += truth.description
    case .count(let count): line += count.description
    case .number(let number): line += number.isFinite ? number.description : "null"
    case .text(let text): line += printable(text, most: .max)
    case .list(let values):
      line += "["
      for (index, value) in values.enumerated() {
        if index > 0 { line += ", " }
        value.write(to: &line)
      }
      line += "]"
    case .object(let fields):
      line += "{"
      var separator = "\""
      for field in fields where field.value != .null {
        line += separator
        line += field.key
        line += "\": "
        field.value.write(to: &line)
        separator = ", \""
      }
      line += "}"
    }
  }
}

/// "usPerStepP10" as "us_per_step_p10", "lossLast100" as "loss_last_100".
func snakeCase(_ name: String) -> String {
  let (capitals, letters) = (UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"))
  let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  var (result, last): ([UInt8], UInt8) = ([], 0)
  for byte in name.utf8 {
    if capitals.contains(byte) || digits.contains(byte) && letters.contains(last) { result.append(UInt8(ascii: "_")) }
    result.append(capitals.contains(byte) ? byte | 0x20 : byte)
    last = byte
  }
  return String(decoding: result, as: UTF8.self)
}

/// One value while it is encoded. Schemas nest by having others as fields, so no nested containers are needed.
private final class JSONNode: Encoder, UnkeyedEncodingContainer, SingleValueEncodingContainer {
  var tree = JSONTree.object([])
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  var count: Int { if case .list(let values) = tree { values.count } else { 0 } }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(JSONFields(node: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    tree = .list([])
    return self
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() throws { put(.null) }

  func encode(_ value: Bool) throws { put(.truth(value)) }
  func encode(_ value: Int) throws { put(.count(value)) }
  func encode(_ value: Double) throws { put(.number(value)) }
  func encode(_ value: String) throws { put(.text(value)) }
  func encode<Value: Encodable>(_ value: Value) throws { put(try JSONTree(value)) }

  private func put(_ value: JSONTree) {
    guard case .list(var values) = tree else { return tree = value }
    tree = .null
    values.append(value)
    tree = .list(values)
  }

  func add(_ key: String, _ value: JSONTree) {
    guard case .object(var fields) = tree else { return }
    tree = .null
    fields.append(JSONTree.Field(key: snakeCase(key), value: value))
    tree = .object(fields)
  }

  func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> { preconditionFailure() }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { preconditionFailure() }
  func superEncoder() -> any Encoder { preconditionFailure() }
}

private struct JSONFields<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: JSONNode
  var codingPath: [any CodingKey] { [] }

  func encodeNil(forKey key: Key) throws { node.add(key.stringValue, .null) }

  func encode(_ value: Int, forKey key: Key) throws { node.add(key.stringValue, .count(value)) }
  func encode(_ value: Double, forKey key: Key) throws { node.add(key.stringValue, .number(value)) }
  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    node.add(key.stringValue, try JSONTree(value))
  }

  // The defaults leave out what is nil.
  func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws { try encode(value, forKey: key) }
  func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try encode(value, forKey: key) }
  func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try encode(value, forKey: key) }
  func encodeIfPresent(_ value: String?, forKey key: Key) throws { try encode(value, forKey: key) }
  func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try encode(value, forKey: key) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { preconditionFailure() }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { preconditionFailure() }
  func superEncoder() -> any Encoder { preconditionFailure() }
  func superEncoder(forKey key: Key) -> any Encoder { preconditionFailure() }
}
