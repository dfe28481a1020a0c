import TestSupport
import Testing
import Values

@testable import Launch

@Suite("what a host has") struct HostInventoryTests {
  private static let hash = "0123456789abcdef0123456789ABCDEF"
  private let inventory = HostInventory(
    name: "node-1", program: hash, version: "0.9 (release)", mpirun: "mpirun (Open MPI) 4.1.4", launcher: nil, cores: 64
  )

  /// The answer with one line in place of another.
  private func answer(_ key: String, _ line: String) -> String {
    inventory.text.split(separator: "\n").map { $0.hasPrefix("\(key)\t") ? line : String($0) }.joined(separator: "\n")
  }

  @Test("is read as it was written") func roundTrip() {
    var other = inventory
    (other.program, other.launcher, other.version) = (nil, Self.hash, "")
    for host in [inventory, other] { #expect(HostInventory(answer: host.text) == host) }
    #expect(inventory.text.hasPrefix("name\tnode-1\nprogram\t\(Self.hash)\n"))
  }

  @Test("what a login prints before or after is left out, whatever its line ends") func banners() {
    for banner in [
      "Welcome to node-1\n\tall rights\n\n", "motd\r\n", "cores: 3\nname node-1\n", "\u{1b}[31mred\u{1b}[0m\n",
    ] {
      #expect(HostInventory(answer: banner + inventory.text + banner) == inventory)
    }
    #expect(HostInventory(answer: inventory.text.replacing("\n", with: "\r\n")) == inventory)
  }

  @Test("a program that chooses from others is all of them") func choices() async throws {
    let folder = try TemporaryFolder("choices")
    let program = try folder.script("ddp-train", "echo 1")
    func hash() async -> String? {
      await HostInventory(program: program, mpirun: "/bin/true", launcher: program).program
    }
    let alone = await hash()
    #expect(alone != nil && alone == contentHash(of: program))
    try folder.script("ddp-train-for-v3", "echo 3")
    let chosen = await hash()
    #expect(chosen != nil && chosen != alone)
    try folder.script("ddp-train-for-v3", "echo 4")
    #expect(await hash() != chosen)
    try folder.script("ddp-trainer", "echo none of it")
    try folder.script("ddp-train-for-v3", "echo 3")
    #expect(await hash() == chosen)
  }

  @Test("a line that is missing, doubled or too long makes it nothing")
  func lines() {
    for line in inventory.text.split(separator: "\n") {
      let key = String(line.prefix { $0 != "\t" })
      #expect(HostInventory(answer: answer(key, "")) == nil)
      #expect(HostInventory(answer: answer(key, "\(line)\n\(line)")) == nil)
      #expect(HostInventory(answer: answer(key, "\(key) node-1")) == nil)
      #expect(HostInventory(answer: answer(key, "\(line)\(String(repeating: "x", count: 201))")) == nil)
      #expect(HostInventory(answer: answer(key, "\(key)\t" + String(repeating: "1", count: 1_000_000))) == nil)
    }
    #expect(HostInventory(answer: "") == nil)
    #expect(HostInventory(answer: String(repeating: "x", count: 1_000_000)) == nil)
    let longest = String(repeating: "v", count: 200)
    #expect(HostInventory(answer: answer("version", "version\t\(longest)"))?.version == longest)
  }

  @Test(
    "values that are none",
    arguments: [
      "cores\thosts[$(touch x)]", "cores\t0", "cores\t-1", "cores\t100000", "cores\t1.5", "cores\t", "cores\t٣",
      "cores\t4 ", "cores\t99999999999999999999", "name\ta;b", "name\t", "name\t-oProxyCommand=x", "name\ta\u{1b}[2J",
      "name\t$(touch x)", "name\ta b", "program\tabc", "program\t", "program\t\(hash)0", "launcher\tnone",
      "launcher\tg123456789abcdef0123456789abcdef", "launcher\t--",
    ])
  func values(_ line: String) {
    #expect(HostInventory(answer: answer(String(line.prefix { $0 != "\t" }), line)) == nil)
  }

  @Test("text that a program says of itself stays what it is, to be escaped where it is shown") func text() {
    let said = "1.0 \u{1b}]0;title\u{7} \t $(touch x)"
    #expect(HostInventory(answer: answer("version", "version\t\(said)"))?.version == said)
  }

  @Test("of this host: contents, first lines, cores; it can be read again") func thisHost() async throws {
    let folder = try TemporaryFolder("it's here")
    let program = try folder.script("program", "echo \"version 7 $1\"; echo more")
    let mpirun = try folder.script("mpirun", "printf '%s' '\(String(repeating: "日", count: 300))'; exit 1")
    let found = await HostInventory(program: program, mpirun: mpirun, launcher: folder.path("none"))
    #expect(found.version == "version 7 --version")
    #expect(found.mpirun == String(repeating: "日", count: 66))
    #expect(found.program == contentHash(of: program))
    #expect(found.launcher == nil)
    #expect(found.cores == UsableCores.ofThisHost().count)
    #expect(HostInventory(answer: found.text) == (HostShare.isName(ownHostName()) ? found : nil))
    #expect(await inventoryText(program: program, mpirun: mpirun, launcher: folder.path("none")) == found.text)
  }

  @Test("what cannot be started, says nothing or control characters") func versions() async throws {
    let folder = try TemporaryFolder()
    let control = try folder.script("control", "printf '\\033[2Jcolour\\tfull\\nnext'")
    let silent = try folder.script("silent", "exit 0")
    let found = await HostInventory(program: control, mpirun: silent, launcher: control)
    #expect(found.version == "\\u001b[2Jcolour\\tfull")
    #expect(found.mpirun == "nothing")
    let none = await HostInventory(program: folder.path("none"), mpirun: folder.path, launcher: folder.path)
    #expect(none.version == "nothing" && none.mpirun == "nothing")
    #expect(none.program == nil && none.launcher == nil)
  }

  @Test("a program that hangs says nothing, and is not waited for") func hanging() async throws {
    let folder = try TemporaryFolder()
    let began = ContinuousClock.now
    let hanging = try folder.script("hanging", "echo version 7; exec sleep 1000")
    let found = await HostInventory(program: hanging, mpirun: hanging, launcher: hanging, within: 1)
    #expect(found.version == "nothing" && found.mpirun == "nothing" && found.program == contentHash(of: hanging))
    #expect(await whyNotStarted(hanging, within: 1) == "it cannot be started, or does not answer within 1 s")
    #expect(ContinuousClock.now - began < .seconds(300))
  }

  @Test("why a program does not start: its first word, if it has one") func whyNot() async throws {
    let folder = try TemporaryFolder()
    #expect(await whyNotStarted(try folder.script("well", "echo 1")) == nil)
    #expect(
      await whyNotStarted(try folder.script("library", "echo no libmpi >&2; echo x >&2; exit 127")) == "no libmpi")
    #expect(await whyNotStarted(try folder.script("silent", "exit 3")) == "it says nothing")
    #expect(await whyNotStarted(folder.path("none"))?.hasPrefix("it cannot be started") == true)
  }

  @Test("a hash is of a file's content, of any length") func hashes() throws {
    let folder = try TemporaryFolder()
    let one = contentHash(of: try folder.file("one", String(repeating: "x", count: 3_000_000)))
    #expect(one?.utf8.count == 32)
    #expect(contentHash(of: try folder.file("same", String(repeating: "x", count: 3_000_000))) == one)
    #expect(contentHash(of: try folder.file("other", String(repeating: "x", count: 2_999_999) + "y")) != one)
    #expect(contentHash(of: try folder.file("empty", "")) != nil)
    #expect(contentHash(of: folder.path) == nil)
  }
}
