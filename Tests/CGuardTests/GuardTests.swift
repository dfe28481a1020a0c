import CGuard
import MPIRunSupport
import Testing

@Suite("a CPU that lacks what the build needs")
struct GuardTests {
  private static let impossible = ["GUARD_NEEDS": "impossible"]

  @Test("ends the program with code 78 and one line, before main")
  func lacks() throws {
    let result = try MPIRun.runAlone("guard-exercise", environment: Self.impossible)
    #expect(result.exitCode == 78 && result.stdout.isEmpty)
    #expect(result.stderr.hasPrefix("ddp-train: ") && result.stderr.contains(": this build needs a CPU with "))
    #expect(result.stderr.hasSuffix("(any).\n") && result.stderr.split(separator: "\n").count == 1)
    #expect(result.stderr.contains("XOP") || result.stderr.contains("4FMAPS") || result.stderr.contains("bit 63"))
    #expect(!result.stderr.contains("SSE2"), "it has that one")
  }

  @Test("one rank per host speaks", arguments: [("0", false), ("1", true), ("17", true)])
  func voice(localRank: String, isSilent: Bool) throws {
    let rank = ["OMPI_COMM_WORLD_LOCAL_RANK": localRank]
    let result = try MPIRun.runAlone("guard-exercise", environment: Self.impossible.merging(rank) { $1 })
    #expect(result.exitCode == 78 && result.stderr.isEmpty == isSilent)
  }

  @Test("any other CPU runs it")
  func has() throws {
    let result = try MPIRun.runAlone("guard-exercise")
    #expect(result.exitCode == 0 && result.stdout == "ran\n" && result.stderr.isEmpty)
  }

  @Test("the CPU's instruction set has one of four names")
  func name() {
    #expect(["AVX-512", "AVX2+FMA", "SSE2", "Neon"].contains(String(cString: cguard_cpu_has())))
  }
}

@Suite("the last words of a program that a library ends")
struct LastWordsTests {
  @Test("are written, with their own exit code")
  func said() throws {
    let result = try MPIRun.runAlone("guard-exercise", ["1", "a line\n"])
    #expect(result.exitCode == 69 && result.stderr == "a line\n")
  }

  @Test("are at most 1999 bytes")
  func long() throws {
    let result = try MPIRun.runAlone("guard-exercise", ["1", String(repeating: "x", count: 3000)])
    #expect(result.exitCode == 69 && result.stderr == String(repeating: "x", count: 1999))
  }

  @Test("can be taken back; then, and without any, the code is the library's")
  func takenBack() throws {
    for words in [["3", "a line\n", "taken-back"], ["3"]] {
      let result = try MPIRun.runAlone("guard-exercise", words)
      #expect(result.exitCode == 3 && result.stderr.isEmpty)
    }
  }

  @Test("where nobody can read them the code is still theirs")
  func closed() throws {
    let result = try MPIRun.runScript("\"$0\" 1 'a line' 2>&-", program: "guard-exercise")
    #expect(result.exitCode == 69 && result.stderr.isEmpty)
  }
}
