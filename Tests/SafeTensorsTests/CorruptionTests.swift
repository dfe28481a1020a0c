import SafeTensors
import TestSupport
import Testing

/// A small file damaged in every place: the reader throws, or what it accepts is sound. It never crashes.
@Suite struct CorruptionTests {
  static func intact() throws -> [UInt8] {
    var writer = SafeTensorsWriter(metadata: ["k": "a\n\u{1}é"])
    try writer.add("w", shape: [2, 2], float32: [1, 2, 3, 4])
    try writer.add("m", shape: [1], float64: [0.5])
    try writer.add("b", shape: [3], uint8: [1, 2, 3])
    return writer.serialize()
  }

  @Test func truncatedAnywhere() throws {
    let intact = try Self.intact()
    #expect((try? SafeTensorsFile(bytes: intact)) != nil)
    let accepted = (0..<intact.count).filter { (try? SafeTensorsFile(bytes: Array(intact[..<$0]))) != nil }
    #expect(accepted == [])
  }

  @Test func longerThanItSays() throws {
    let intact = try Self.intact()
    let accepted = (1...16).filter {
      (try? SafeTensorsFile(bytes: intact + [UInt8](repeating: 0x20, count: $0))) != nil
    }
    #expect(accepted == [])
  }

  @Test func everyValueOfEveryHeaderByte() throws {
    let intact = try Self.intact()
    let headerEnd = 8 + Int(intact[0]) + Int(intact[1]) << 8
    var accepted = 0
    var faults: [String] = []
    for place in 0..<headerEnd {
      for change in UInt8(1)...255 {
        var damaged = intact
        damaged[place] ^= change
        guard let file = try? SafeTensorsFile(bytes: damaged) else { continue }
        accepted += 1
        if let fault = structuralFault(of: file) { faults.append("byte \(place) ^ \(change): \(fault)") }
      }
    }
    #expect(faults == [])
    // Other letters in names and strings make other sound files; other structure does not.
    #expect(accepted > 255)
    #expect(accepted < headerEnd * 255 / 10)
  }

  @Test func everyByteRemovedOrDoubled() throws {
    let intact = try Self.intact()
    let headerEnd = 8 + Int(intact[0]) + Int(intact[1]) << 8
    var faults: [String] = []
    for place in 8..<headerEnd {
      for copies in [0, 2] {
        var header = Array(intact[8..<headerEnd])
        header.replaceSubrange(place - 8..<place - 7, with: Array(repeating: intact[place], count: copies))
        let damaged = file(header: header) + intact[headerEnd...]
        guard let file = try? SafeTensorsFile(bytes: damaged) else { continue }
        if let fault = structuralFault(of: file) { faults.append("byte \(place) × \(copies): \(fault)") }
      }
    }
    #expect(faults == [])
  }

  /// Pieces of the format in random order, from a fixed seed.
  @Test func shuffledPieces() {
    let pieces = [
      "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "d83d", "\"a\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"",
      "\"__metadata__\"", "\"F32\"", "\"U8\"", "0", "4", "9223372036854775807", " ", "[0,4]", "[1]", "[]", "{}",
      entry("x", "F32", "[1]", 0, 4), entry("y", "U8", "[4]", 0, 4), "é",
    ]
    var state: UInt64 = 0x1234_5678_9ABC_DEF1
    func random(below bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state >> 33) % bound
    }
    var faults: [String] = []
    var accepted = 0
    for _ in 0..<50_000 {
      let inside = (0..<random(below: 6)).map { _ in pieces[random(below: pieces.count)] }.joined()
      let header = "{\(inside)}"
      guard let file = try? SafeTensorsFile(bytes: file(header, dataSize: random(below: 2) * 4)) else { continue }
      accepted += 1
      if let fault = structuralFault(of: file) { faults.append("\(header): \(fault)") }
    }
    #expect(faults == [])
    #expect(accepted > 100)
  }
}
