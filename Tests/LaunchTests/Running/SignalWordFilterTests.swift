import TestSupport
import Testing

@testable import Launch

@Suite("mpirun's word of a signal that it hands on") struct SignalWordFilterTests {
  private func passed(_ parts: [ArraySlice<UInt8>]) -> String {
    var filter = SignalWordFilter()
    return String(decoding: parts.flatMap { filter.pass($0) } + filter.end(), as: UTF8.self)
  }

  @Test(
    "is dropped, and all else passes, however the bytes are cut",
    arguments: [
      ("mpirun: Forwarding signal 10 to job\n", ""), ("prterun: Forwarding signal 10 to job\n", ""),
      ("step 3/10  0:12 leftmpirun: Forwarding signal 10 to job\n\rstopped\n", "step 3/10  0:12 left\rstopped\n"),
      ("mpirumpirun: Forwarding signal 10 to job\nx", "mpirux"),
      ("mpirun: Forwarding prterun: Forwarding signal 10 to job\n", "mpirun: Forwarding "),
      // Of another signal, without an end, nothing.
      ("mpirun: Forwarding signal 12 to job\n", "mpirun: Forwarding signal 12 to job\n"),
      ("mpirun: Forwarding signal 10 to job", "mpirun: Forwarding signal 10 to job"), ("", ""), ("é\nmp", "é\nmp"),
    ])
  func cuts(text: String, expected: String) {
    let bytes = Array(text.utf8)
    #expect(passed(bytes.indices.map { bytes[$0...$0] }) == expected)
    for cut in 0...bytes.count { #expect(passed([bytes[..<cut], bytes[cut...]]) == expected) }
  }

  @Test("another line passes at once") func atOnce() {
    var filter = SignalWordFilter()
    #expect(String(decoding: filter.pass("step 3 m".utf8), as: UTF8.self) == "step 3 ")
    #expect(String(decoding: filter.pass("s\n".utf8), as: UTF8.self) == "ms\n")
  }
}
