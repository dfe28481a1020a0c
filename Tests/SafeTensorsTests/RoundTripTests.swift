import Foundation
import SafeTensors
import TestSupport
import Testing

/// The program's own header, with tensors behind it, and what the reader makes of it.
@Suite struct RoundTripTests {
  /// Values whose bits a careless conversion would lose.
  static let floats: [Float] = [0, -0.0, 1, -1.5, .infinity, -.infinity, .leastNonzeroMagnitude, .ulpOfOne, .pi]

  static func sample() throws -> SafeTensorsWriter {
    var writer = SafeTensorsWriter(metadata: ["step": "12", "note": "\"quoted\" \\ \n\u{1} é 😀"])
    try writer.add("bytes", shape: [3], uint8: [1, 2, 255])
    try writer.add("weights", shape: [3, 3], float32: floats)
    try writer.add("moments", shape: [2], float64: [0.1, -Double.pi])
    try writer.add("seed", shape: [], uint64: [.max])
    try writer.add("signed", shape: [1, 2], int64: [.min, -1])
    try writer.add("none", shape: [0, 4], float32: [])
    try writer.add("na\"me\n", shape: [1], float32: [2])
    return writer
  }

  @Test func roundTrip() throws {
    let writer = try Self.sample()
    let file = try SafeTensorsFile(bytes: writer.serialize())
    #expect(structuralFault(of: file) == nil)
    #expect(file.metadata == writer.metadata)
    #expect(try file.uint8("bytes", shape: [3]) == [1, 2, 255])
    #expect(try file.float32("weights", shape: [3, 3]).map(\.bitPattern) == Self.floats.map(\.bitPattern))
    #expect(try file.float64("moments", shape: [2]) == [0.1, -Double.pi])
    #expect(try file.uint64("seed", shape: []) == [.max])
    #expect(try file.int64("signed", shape: [1, 2]) == [.min, -1])
    #expect(try file.float32("none", shape: [0, 4]) == [])
    #expect(try file.float32("na\"me\n") == [2])
    #expect(file.names == ["moments", "seed", "signed", "na\"me\n", "none", "weights", "bytes"])
  }

  @Test func notANumberKeepsItsBits() throws {
    let bits: [UInt32] = [0x7FC0_0001, 0xFFC1_2345]
    var writer = SafeTensorsWriter()
    try writer.add("a", shape: [2], float32: bits.map { Float(bitPattern: $0) })
    #expect(try SafeTensorsFile(bytes: writer.serialize()).float32("a").map(\.bitPattern) == bits)
  }

  @Test func exactBytes() throws {
    var writer = SafeTensorsWriter(metadata: ["k": "v"])
    try writer.add("b", shape: [1], float32: [1])
    try writer.add("a", shape: [1], uint8: [7])
    let header = "{\"__metadata__\":{\"k\":\"v\"},\(entry("b", "F32", "[1]", 0, 4)),\(entry("a", "U8", "[1]", 4, 5))}"
    let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    #expect(writer.serialize() == file(header + padding) + [0, 0, 0x80, 0x3F, 7])
    #expect(SafeTensorsWriter().serialize() == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
  }

  /// The header is filled up to a multiple of 8 bytes, and by no more than that takes.
  @Test func padding() throws {
    var paddings: Set<Int> = []
    for length in 0..<8 {
      let writer = SafeTensorsWriter(metadata: ["k": String(repeating: "v", count: length)])
      let header = writer.serialize().dropFirst(8)
      let padding = header.reversed().prefix { $0 == UInt8(ascii: " ") }.count
      #expect(header.count % 8 == 0)
      paddings.insert(padding)
    }
    #expect(paddings == Set(0..<8))
  }

  @Test func theOrderOfAddingDoesNotMatter() throws {
    let names = ["b", "a", "\u{E9}", "Z", "a.b", "10", "9"]
    var one = SafeTensorsWriter(metadata: ["x": "1", "y": "2", "z": "3", "w": "4"])
    var other = SafeTensorsWriter()
    for key in ["w", "z", "x", "y"] { other.metadata[key] = one.metadata[key] }
    for name in names { try one.add(name, shape: [1], float32: [Float(name.utf8.count)]) }
    for name in names.reversed() { try other.add(name, shape: [1], float32: [Float(name.utf8.count)]) }
    #expect(one.serialize() == other.serialize())
    #expect(try SafeTensorsFile(bytes: one.serialize()).names == ["10", "9", "Z", "a", "a.b", "b", "\u{E9}"])
  }
}
