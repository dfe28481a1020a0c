import Foundation
import SafeTensors
import TestSupport
import Testing

/// Errors of a file before and after its header.
@Suite struct SafeTensorsFileTests {
  @Test func lengthsThatCannotBe() {
    func message(_ bytes: [UInt8]) -> String {
      TestSupport.message { _ = try SafeTensorsFile(bytes: bytes, source: "test") }
    }
    #expect(message([]).contains("test: holds 0 bytes"))
    #expect(message([1, 2, 3, 4, 5, 6, 7]).contains("test: holds 7 bytes"))
    #expect(message([3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D]).contains("test: asks for a header of 3 bytes, and 2 follow"))
    let over = message([0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0])
    #expect(over.contains("a header of 100000001 bytes, and 100000000 is the most"))
    #expect(message([0x00, 0xE1, 0xF5, 0x05, 0, 0, 0, 0]).contains("a header of 100000000 bytes, and 0 follow"))
    #expect(message([UInt8](repeating: 0xFF, count: 8)).contains("a header of 18446744073709551615 bytes"))
    #expect(message([0, 0, 0, 0, 0, 0, 0, 0x80]).contains("a header of 9223372036854775808 bytes"))
    #expect(message([0, 0, 0, 0, 0, 0, 0, 0]).contains("does not begin with {"))
  }

  @Test func filesThatCannotBeRead() throws {
    let folder = try TemporaryFolder()
    func message(_ path: String) -> String { TestSupport.message { _ = try SafeTensorsFile(path: path) } }
    #expect(message(folder.path("none")).hasPrefix("\(folder.path)/none: no such file"))
    #expect(message(folder.path).contains("is a directory; name a .safetensors file"))
    #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
    #expect(message(folder.path("pipe")).contains("pipe: is a pipe, a socket or a device"))
    #expect(message("/dev/zero").contains("/dev/zero: is a pipe, a socket or a device"))
    let huge = try folder.file("huge", "{")
    #expect(truncate(huge, SafeTensorsFile.maxFileSize + 1) == 0)
    #expect(message(huge).contains("huge: is larger than 1073741824 bytes, the most that is read"))
  }

  #if os(Linux)
    /// A regular file whose pages at 0 are never mapped: it opens, and reading fails.
    @Test func filesThatFailWhileRead() {
      #expect(message { _ = try SafeTensorsFile(path: "/proc/self/mem") }.contains("/proc/self/mem: cannot be read: "))
    }
  #endif

  @Test func wrongQuestions() throws {
    let file = try SafeTensorsFile(
      bytes: file("{\(entry("a", "F32", "[2,1]", 0, 8)),\(entry("b", "U8", "[1]", 8, 9))}", dataSize: 9), source: "test"
    )
    #expect(message { _ = try file.float32("c") } == "test: tensor \"c\": is not in the file, which holds \"a\", \"b\"")
    #expect(message { _ = try file.info(of: "c") }.contains("\"c\": is not in the file"))
    #expect(message { _ = try file.rawBytes(of: "c") }.contains("\"c\": is not in the file"))
    #expect(message { _ = try file.float32("b") } == "test: tensor \"b\": is \"U8\" and not F32")
    #expect(message { _ = try file.int64("a") } == "test: tensor \"a\": is \"F32\" and not I64")
    #expect(message { _ = try file.float32("a", shape: [2]) }.contains("has shape [2, 1], and [2] is expected"))
  }

  @Test func copyingIntoAnArena() throws {
    var writer = SafeTensorsWriter()
    try writer.add("a", shape: [3], float32: [1, 2, 3])
    let file = try SafeTensorsFile(bytes: writer.serialize())
    var arena: [Float] = [9, 9, 9, 9, 9]
    try arena.withUnsafeMutableBufferPointer { arena in
      try file.copyFloat32("a", shape: [3], to: .init(rebasing: arena[1..<4]))
      for count in [2, 4] {
        let wrong = message { try file.copyFloat32("a", to: .init(rebasing: arena[..<count])) }
        #expect(wrong.contains("tensor \"a\": has 3 elements, and \(count) are expected"))
      }
    }
    #expect(arena == [9, 1, 2, 3, 9])
  }
}
