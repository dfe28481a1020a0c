import TestSupport
import Testing
import Values

@testable import Launch

@Suite("lists of hosts") struct HostShareTests {
  @Test("names, and the ranks on each") func list() throws {
    let hosts = try [HostShare](list: "node-1:64,10.0.0.2,C.d:99999")
    #expect(hosts.map(\.name) == ["node-1", "10.0.0.2", "C.d"])
    #expect(hosts.map(\.ranks) == [64, nil, 99_999])
    #expect(try HostShare(String(repeating: "n", count: 253)).name.count == 253)
  }

  @Test(
    "what is no name is refused, and shown so that no terminal obeys it",
    arguments: [
      "a\nb", "a b", " a", "-oProxyCommand=x", "a;b", "a$(b)", "a/b", "_a", ".a", "a.", "a-", "fd00::1", "root@a",
      "ä", "a\u{1b}[2J", "a\0b", "\u{FF41}", String(repeating: "n", count: 254), String(repeating: "n", count: 300),
    ])
  func names(_ name: String) {
    #expect(throws: HostListError.self) { try HostShare(name) }
    for list in [name, "\(name):1", "good:1,\(name):1,other:2"] {
      let said = message { _ = try [HostShare](list: list) }
      #expect(said.hasSuffix(" is not the name of a host"))
      #expect(said.unicodeScalars.allSatisfy { $0.isPrintable })
      #expect(said.count < 130)
    }
  }

  @Test(
    "what is no number of ranks is refused",
    arguments: ["0", "00", "01", "100000", "99999999999999999999", "1.5", "-1", "+1", "1 ", "0x10", "٣", "３", "four"])
  func numbers(_ number: String) {
    #expect(
      message { _ = try [HostShare](list: "b,a:\(number)") } == "host \"a\": \"\(number)\" is not a number of ranks")
    let word = "slots=\(number.filter { $0 != " " })x"
    #expect(message { _ = try [HostShare](file: "a \(word)", path: "f") } == "f:1: \"\(word)\" is not slots=N")
  }

  @Test(
    "a list with a hole is refused",
    arguments: [
      ("", "\"\" is not the name of a host"), (",a", "\"\" is not the name of a host"),
      ("a,,b", "\"\" is not the name of a host"), (":4", "\"\" is not the name of a host"),
      ("a:1,", "--hosts \"a:1,\": a host is missing after the last comma"),
      (",", "--hosts \",\": a host is missing after the last comma"),
      ("a:", "host \"a\": a number of ranks is missing after the colon"),
      ("b:2,a:,c:1", "host \"a\": a number of ranks is missing after the colon"),
      ("a:1,b:1,a:2", "host a is named twice"), ("a,a", "host a is named twice"),
    ])
  func holes(list: String, said: String) { #expect(message { _ = try [HostShare](list: list) } == said) }
}

@Suite("host files") struct HostFileTests {
  private func said(_ text: String) -> String { message { _ = try [HostShare](file: text, path: "my hosts") } }

  @Test("names, slots, comments and empty lines, whatever the line ends") func hosts() throws {
    let lines = [
      "# the cluster", "", "  a slots=64   # the first", "b\tslots=2", "c # slots=9", "   ", "d slots=1#", "#e", "f",
    ]
    for end in ["\n", "\r\n"] {
      let hosts = try [HostShare](file: lines.joined(separator: end), path: "hosts")
      #expect(hosts.map(\.name) == ["a", "b", "c", "d", "f"])
      #expect(hosts.map(\.ranks) == [64, 2, nil, 1, nil])
    }
  }

  @Test("what is wrong is said with the file and the line") func refusals() {
    #expect(said("a\n\nb max_slots=4\n") == "my hosts:3: \"max_slots=4\" is not slots=N")
    #expect(said("a b\n") == "my hosts:1: \"b\" is not slots=N")
    #expect(said("a slots=2 slots=3\n") == "my hosts:1: slots= stands there twice")
    #expect(said("a\r\nb slot=4\r\n") == "my hosts:2: \"slot=4\" is not slots=N")
    #expect(said("a slots=\n") == "my hosts:1: \"slots=\" is not slots=N")
    #expect(said("a slots=1.5\n") == "my hosts:1: \"slots=1.5\" is not slots=N")
    #expect(said("-oProxyCommand=x slots=2\n") == "my hosts:1: \"-oProxyCommand=x\" is not the name of a host")
    #expect(said("a:4\n") == "my hosts:1: \"a:4\" is not the name of a host")
    #expect(said("a slots=1\nb\na\n") == "my hosts:3: host a is named twice")
  }

  @Test("a file without a host is refused", arguments: ["", "\n\n", "# a\n#b", "   \t "])
  func empty(_ text: String) { #expect(said(text) == "the host file my hosts names no host") }
}
