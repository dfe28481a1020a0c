import MPIRunSupport
import TestSupport
import Testing

/// Lines that could be names: a–z, 1 to 16 letters, not all alike, most of them with a vowel.
func expectNames(_ lines: some Collection<String>, count: Int, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(lines.count == count, sourceLocation: sourceLocation)
  for line in lines {
    #expect((1...16).contains(line.count), "\(line)", sourceLocation: sourceLocation)
    #expect(line.utf8.allSatisfy { (0x61...0x7a).contains($0) }, "\(line)", sourceLocation: sourceLocation)
  }
  let withVowel = lines.filter { $0.contains { "aeiouy".contains($0) } }
  #expect(withVowel.count * 10 >= count * 9, "\(lines)", sourceLocation: sourceLocation)
  #expect(Set(lines).count * 2 >= count, "\(lines)", sourceLocation: sourceLocation)
}

extension Jobs {
  @Suite("the names at the end")
  struct Names {
    @Test("--generate many are the last lines", arguments: [Start.alone, .ranks(2)])
    func lastLines(start: Start) throws {
      let result = try ddpTrain(start, ["--steps", "300", "--generate", "12", "--progress", "never"])
      #expect(result.exitCode == 0, "\(result)")
      expectNames(result.lines.suffix(12), count: 12)
      #expect(result.lines.dropLast(12).last == "", "\(result)")
      #expect(result.line("loss")?.contains("nats per prediction") == true, "\(result)")
    }

    @Test("ten by default, and only they with --quiet", arguments: [Start.alone, .ranks(3)])
    func quiet(start: Start) throws {
      let result = try ddpTrain(start, ["--steps", "300", "--quiet"])
      #expect(result.exitCode == 0, "\(result)")
      expectNames(result.lines, count: 10)
      #expect(result.stderr == "", "\(result)")
    }

    @Test("generate prints only names", arguments: [["--count", "5"], ["--generate", "5"]])
    func generate(arguments: [String]) throws {
      let result = try ddpTrain(.ranks(2), ["generate", "--steps", "300"] + arguments)
      #expect(result.exitCode == 0, "\(result)")
      expectNames(result.lines, count: 5)
      #expect(result.stderr == "", "\(result)")
    }

    @Test("--generate 0 prints none")
    func none() throws {
      let result = try ddpTrain(.alone, ["--steps", "2", "--quiet", "--generate", "0"])
      #expect(result.exitCode == 0 && result.stdout == "" && result.stderr == "", "\(result)")
    }

    @Test("the same run makes the same names, and another temperature others")
    func temperature() throws {
      func names(_ temperature: String) throws -> [String] {
        try ddpTrain(.alone, ["--steps", "200", "--quiet", "--temperature", temperature]).lines
      }
      #expect(try names("0.6") == names("0.6"))
      #expect(try names("0.6") != names("1.2"))
    }

    @Test("they are like the names of the data")
    func likeTheData() throws {
      let folder = try TemporaryFolder()
      let file = try folder.file("names.txt", "anna\n")
      let result = try ddpTrain(.alone, ["--steps", "100", "--quiet", "--data", file, "--generate", "4"])
      #expect(result.lines == ["anna", "anna", "anna", "anna"], "\(result)")
    }
  }
}
