import SafeTensors
import TestSupport
import Testing

/// Headers that the format forbids, each with what its error says.
@Suite struct RefusedHeaderTests {
  struct Case: CustomTestStringConvertible {
    let header: String
    var dataSize = 0
    let expected: String
    var testDescription: String { expected }
  }

  @Test(arguments: [
    // The object
    Case(header: "", expected: "test: the header does not begin with {"),
    Case(header: " {}", expected: "does not begin with {"),
    Case(header: "[]", expected: "does not begin with {"),
    Case(header: "{", expected: "the header ends where \" is expected (header byte 1)"),
    Case(header: "{}x", expected: "text after its object (header byte 2)"),
    Case(header: "{}{}", expected: "text after its object"),
    Case(header: "{1:2}", expected: "\" is missing (header byte 1)"),
    Case(header: "{\"a\"}", expected: ": is missing"),
    Case(header: "{\"a\":{},}", expected: "tensor \"a\": has no dtype"),
    Case(header: "{\(entry("a", "U8", "[0]", 0, 0)),}", expected: "\" is missing"),
    Case(header: "{\(entry("a", "U8", "[0]", 0, 0))\(entry("b", "U8", "[0]", 0, 0))}", expected: "} is missing"),
    // __metadata__
    Case(header: "{\"__metadata__\":[]}", expected: "__metadata__ is not an object"),
    Case(header: "{\"__metadata__\":{\"a\":1}}", expected: "the value of \"a\" in __metadata__ is not a string"),
    Case(header: "{\"__metadata__\":{\"a\":null}}", expected: "\"a\" in __metadata__ is not a string"),
    Case(header: "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", expected: "\"a\" comes twice in __metadata__"),
    Case(header: "{\"__metadata__\":{},\"__metadata__\":{}}", expected: "__metadata__ comes twice"),
    // A tensor's entry
    Case(header: "{\"a\":7}", expected: "tensor \"a\": its entry is not an object"),
    Case(header: "{\"a\":{\"shape\":[0],\"data_offsets\":[0,0]}}", expected: "tensor \"a\": has no dtype"),
    Case(header: "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,0]}}", expected: "tensor \"a\": has no shape"),
    Case(header: "{\"a\":{\"dtype\":\"U8\",\"shape\":[0]}}", expected: "tensor \"a\": has no data_offsets"),
    Case(header: "{\"a\":{\"dtype\":7,\"shape\":[0]}}", expected: "tensor \"a\": \" is missing"),
    Case(header: "{\"a\":{\"shape\":7}}", expected: "tensor \"a\": [ is missing"),
    Case(header: "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", expected: "tensor \"a\": dtype comes twice"),
    Case(header: "{\"a\":{\"shape\":[],\"shape\":[]}}", expected: "tensor \"a\": shape comes twice"),
    Case(header: "{\"a\":{\"extra\":1}}", expected: "tensor \"a\": has the unknown key \"extra\""),
    Case(
      header: "{\(entry("a", "U8", "[0]", 0, 0)),\(entry("a", "U8", "[0]", 0, 0))}",
      expected: "tensor \"a\": comes twice in the header"),
    // The same name, once composed and once decomposed: Swift cannot tell them apart.
    Case(
      header: "{\(entry("\u{E9}", "U8", "[0]", 0, 0)),\(entry("e\\u0301", "U8", "[0]", 0, 0))}",
      expected: "comes twice in the header"),
    Case(
      header: "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0]}}",
      expected: "tensor \"a\": data_offsets holds 1 numbers, not 2"),
    Case(
      header: "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0,0]}}",
      expected: "data_offsets holds 3 numbers"),
    // Numbers
    Case(header: "{\"a\":{\"shape\":[-1]}}", expected: "a whole number of at least 0 is missing"),
    Case(header: "{\"a\":{\"shape\":[1.0]}}", expected: "] is missing"),
    Case(header: "{\"a\":{\"shape\":[1e2]}}", expected: "] is missing"),
    Case(header: "{\"a\":{\"shape\":[01]}}", expected: "a number begins with 0"),
    Case(header: "{\"a\":{\"shape\":[true]}}", expected: "a whole number of at least 0 is missing"),
    Case(header: "{\"a\":{\"shape\":[\"1\"]}}", expected: "a whole number of at least 0 is missing"),
    Case(header: "{\"a\":{\"shape\":[[1]]}}", expected: "a whole number of at least 0 is missing"),
    Case(header: "{\"a\":{\"shape\":[1,]}}", expected: "a whole number of at least 0 is missing"),
    Case(header: "{\"a\":{\"shape\":[9223372036854775808]}}", expected: "a number is larger than 9223372036854775807"),
    Case(header: "{\"a\":{\"shape\":[99999999999999999999999]}}", expected: "a number is larger than"),
    // Strings
    Case(header: "{\"a", expected: "the header ends inside a string"),
    Case(header: "{\"a\\", expected: "the header ends inside a string"),
    Case(header: "{\"\\x\":", expected: "a string holds an unknown escape"),
    Case(header: "{\"\\u12", expected: "\\u is not followed by four hexadecimal digits"),
    Case(header: "{\"\\u12G4\"", expected: "\\u is not followed by four hexadecimal digits"),
    Case(header: "{\"\\ud83d\"", expected: "half a surrogate pair"),
    Case(header: "{\"\\ud83d\\ud83d\"", expected: "half a surrogate pair"),
    Case(header: "{\"\\ude00\\ud83d\"", expected: "half a surrogate pair"),
    Case(header: "{\"\\ud83dabc\"", expected: "half a surrogate pair"),
    Case(header: "{\"a\nb\"", expected: "a control character that is not escaped"),
    // The data section
    Case(header: "{}", dataSize: 1, expected: "the data section has 1 bytes, and the tensors cover 0"),
    Case(header: "{\(entry("a", "F32", "[2]", 0, 8))}", dataSize: 9, expected: "has 9 bytes, and the tensors cover 8"),
    Case(header: "{\(entry("a", "F32", "[2]", 0, 8))}", dataSize: 7, expected: "end at 8, past the 7 bytes of data"),
    Case(header: "{\(entry("a", "F32", "[2]", 8, 0))}", dataSize: 8, expected: "end (0) before they begin (8)"),
    Case(
      header: "{\(entry("a", "F32", "[2]", 0, 4))}", dataSize: 4,
      expected: "test: tensor \"a\": F32 of shape [2] takes 8 bytes, and data_offsets give it 4"),
    Case(header: "{\(entry("a", "F64", "[2]", 0, 8))}", dataSize: 8, expected: "F64 of shape [2] takes 16 bytes"),
    Case(header: "{\(entry("a", "BF16", "[2]", 0, 8))}", dataSize: 8, expected: "BF16 of shape [2] takes 4 bytes"),
    Case(header: "{\(entry("a", "U8", "[]", 0, 0))}", expected: "U8 of shape [] takes 1 bytes"),
    Case(
      header: "{\(entry("a", "F32", "[4294967296,4294967296]", 0, 0))}",
      expected: "the product of shape [4294967296, 4294967296] overflows"),
    Case(
      header: "{\(entry("a", "F32", "[4611686018427387904]", 0, 0))}",
      expected: "the size of shape [4611686018427387904] in bytes overflows"),
    Case(
      header: "{\(entry("a", "U8", "[4]", 0, 4)),\(entry("b", "U8", "[4]", 2, 6))}", dataSize: 6,
      expected: "tensor \"b\": begins at data byte 2, inside another tensor, which ends at 4"),
    Case(
      header: "{\(entry("a", "U8", "[4]", 0, 4)),\(entry("b", "U8", "[4]", 0, 4))}", dataSize: 4,
      expected: "tensor \"b\": begins at data byte 0, inside another tensor"),
    Case(
      header: "{\(entry("b", "U8", "[2]", 4, 6)),\(entry("a", "U8", "[2]", 0, 2))}", dataSize: 6,
      expected: "tensor \"b\": begins at data byte 4, and bytes 2..<4 belong to no tensor"),
    Case(
      header: "{\(entry("a", "U8", "[0]", 2, 2)),\(entry("b", "U8", "[4]", 0, 4))}", dataSize: 4,
      expected: "tensor \"a\": begins at data byte 2, inside another tensor"),
  ])
  func refused(_ refused: Case) {
    let message = message {
      _ = try SafeTensorsFile(bytes: file(refused.header, dataSize: refused.dataSize), source: "test")
    }
    #expect(message.contains(refused.expected))
    #expect(message.hasPrefix("test: "))
  }

  @Test func notUTF8() {
    let message = message { _ = try SafeTensorsFile(bytes: file(header: [0x7B, 0x22, 0xFF, 0x22, 0x7D])) }
    #expect(message == "safetensors: the header is not UTF-8 (byte 2)")
  }

  /// Nesting that would exhaust the stack of a recursive reader.
  @Test(arguments: ["[", "{\"a\":", "{\"__metadata__\":", "{\"a\":{\"shape\":["])
  func deepNesting(piece: String) {
    let header = "{\"a\":" + String(repeating: piece, count: 100_000)
    #expect(throws: SafeTensorsError.self) { try SafeTensorsFile(bytes: file(header)) }
  }

  /// A hostile name must not reach a terminal as it is, nor fill it.
  @Test func namesInMessagesAreEscapedAndCut() {
    let name = "\\u001b[2J" + String(repeating: "x", count: 10_000)
    let message = message { _ = try SafeTensorsFile(bytes: file("{\"\(name)\":7}")) }
    #expect(message.contains("its entry is not an object"))
    #expect(!message.unicodeScalars.contains { $0.value < 0x20 })
    #expect(message.count < 300)
  }
}

/// Headers that are unusual, and allowed.
@Suite struct AcceptedHeaderTests {
  @Test(arguments: ["{}", "{}   ", "{ \t\r\n } \n", "{\"__metadata__\":{}}", "{\"__metadata__\" : { } }"])
  func noTensors(header: String) throws {
    let file = try SafeTensorsFile(bytes: file(header))
    #expect(file.names.isEmpty)
    #expect(file.metadata.isEmpty)
  }

  @Test func escapesInStrings() throws {
    let header = #"{"__metadata__":{"a\"\\\/\b\f\n\r\t":"\u0041\u00e9\u4E2d\uD83D\ude00é😀\u0000"}}"#
    let file = try SafeTensorsFile(bytes: file(header))
    #expect(file.metadata == ["a\"\\/\u{8}\u{C}\n\r\t": "Aé中😀é😀\0"])
  }

  @Test func keysInAnyOrderWithSpace() throws {
    let header =
      #"{ "b" : { "data_offsets" : [ 4 , 8 ] , "dtype" : "F32" , "shape" : [ ] } , "#
      + #""a":{"shape":[2,2],"data_offsets":[0,4],"dtype":"U8"}}"#
    let file = try SafeTensorsFile(bytes: file(header, dataSize: 8))
    #expect(file.names == ["b", "a"])
    #expect(file.tensors["b"]?.shape == [])
    #expect(file.tensors["b"]?.elementCount == 1)
    #expect(try file.float32("b") == [Float(bitPattern: 0x0706_0504)])
    #expect(try file.uint8("a", shape: [2, 2]) == [0, 1, 2, 3])
  }

  @Test func emptyTensorsLieAnywhereBetweenOthers() throws {
    let header =
      "{\(entry("z", "F32", "[0,9223372036854775807,2]", 0, 0)),\(entry("a", "U8", "[2]", 0, 2)),"
      + "\(entry("m", "F64", "[0]", 2, 2)),\(entry("b", "U8", "[1]", 2, 3)),\(entry("e", "F32", "[3,0]", 3, 3))}"
    let file = try SafeTensorsFile(bytes: file(header, dataSize: 3))
    #expect(try file.float32("z") == [])
    #expect(try file.uint8("b") == [2])
    #expect(file.tensors["e"]?.elementCount == 0)
  }

  @Test func unalignedData() throws {
    let header =
      "{\(entry("a", "U8", "[1]", 0, 1)),\(entry("b", "F32", "[1]", 1, 5)),"
      + "\(entry("c", "U64", "[1]", 5, 13))}"
    for padding in 0..<8 {
      let bytes = file(header + String(repeating: " ", count: padding), dataSize: 13)
      let file = try SafeTensorsFile(bytes: bytes)
      #expect(try file.float32("b") == [Float(bitPattern: 0x0403_0201)])
      #expect(try file.uint64("c") == [0x0C0B_0A09_0807_0605])
    }
  }

  @Test func unknownTypesAreKeptAndNotDecoded() throws {
    let file = try SafeTensorsFile(
      bytes: file("{\(entry("a", "F4_X", "[16]", 0, 8)),\(entry("b", "F16", "[2]", 8, 12))}", dataSize: 12),
      source: "test")
    #expect(file.tensors["a"]?.dtype == "F4_X")
    #expect(file.tensors["a"]?.shape == [16])
    #expect(Array(try file.rawBytes(of: "a")) == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(
      message { _ = try file.float32("a") }
        == "test: tensor \"a\": is \"F4_X\", which is not decoded here, and not F32")
    #expect(message { _ = try file.float32("b") }.contains("is \"F16\", which is not decoded here,"))
  }
}
