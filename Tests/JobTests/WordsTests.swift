import Testing

extension Jobs {
  /// A wrong command line, of whatever kind: one line from one rank, and exit code 64.
  @Suite("wrong words")
  struct Words {
    @Test(
      "the nearest is suggested, and the value is named with what it may be",
      arguments: [
        ("scalling", "no such command: \"scalling\"; did you mean \"scaling\"?"),
        ("help nonsense", "no such command: \"nonsense\"; the commands are train, generate, sweep,"),
        ("help scalling", "did you mean \"scaling\"?"), ("foo --steps 3", "no such command: \"foo\""),
        ("--stpes 3", "Did you mean '--steps'?"), ("bench --secnds 3", "Did you mean '--seconds'?"),
        ("--sync shaerd", "factors, hierarchical, overlap; did you mean shared?"),
        ("scaling --mode wek", "--mode \"wek\" is not one of strong, weak; did you mean weak?"),
        ("--steps -3", "--steps \"-3\" is not a whole number from 1"),
        ("sweep --batch 3 -3 4", "--batch \"-3\" is not a whole number from 1"),
        ("bench --seconds -1", "--seconds \"-1\" is not a number from 0.001"),
        ("bench --seconds nan", "--seconds \"nan\" is not a number from 0.001"),
        ("generate --temperature 1e-320", "--temperature \"1e-320\" is not a number from 1e-06"),
        ("--temperature", "Missing value for '--temperature <temperature>'; see ddp-train train --help"),
        ("report a b", "see ddp-train report --help"),
        ("--inject-bit-flip 1,200", "this run has ranks 0 to 0 and steps 1 to 5000"),
        ("--resume", "resume needs checkpoint-dir"), ("--d-model 50", "d-model 50 is not a multiple of 16"),
      ])
    func wrong(words: String, message: String) throws { try refused(words, saying: message) }

    @Test(
      "what has no effect beside the others is refused with the reason",
      arguments: [
        ("--bucket-kib 4", "--bucket-kib has no effect on --sync auto"),
        ("--temperature 1 --generate 0", "--temperature has no effect with --generate 0: no name is written"),
        ("generate --count 3 --generate 4", "--generate has no effect beside --count"),
        ("generate --progress always --quiet", "--progress has no effect with --quiet, which shows none"),
        ("generate --model x --progress always --quiet", "--progress has no effect with --quiet"),
        ("check x --engine simd --sme2-from 32", "--sme2-from has no effect with --engine simd"),
        ("bench --names 100", "--names has no effect without --generate"),
        ("race --from x --batch 3", "--batch has no effect with --from"),
        ("race --no-table --budget 1s", "--budget has no effect with --no-table"),
        ("sweep --steps 10 --calibration x", "--calibration has no effect with --steps or --names"),
      ])
    func withoutEffect(words: String, message: String) throws { try refused(words, saying: message) }

    private func refused(_ words: String, saying message: String) throws {
      let result = try ddpTrain(.alone, words.split(separator: " ").map(String.init))
      expectFailure(result, saying: message, code: 64)
      #expect(result.stderr.split(separator: "\n").count == 1 && result.stdout == "", "\(result)")
    }

    @Test("on four ranks it is one line too")
    func onRanks() throws {
      for words in [["scalling"], ["scaling", "--batch", "0"]] {
        let result = try ddpTrain(.ranks(4), words)
        #expect(result.exitCode == 64 && result.errors.count == 1 && result.stdout == "", "\(result)")
      }
    }

    @Test("what is not known is –: communication on one rank; a speed is of means, both figures of one time")
    func unknownFigures() throws {
      let result = try ddpTrain(.alone, ["--d-model", "16", "--steps", "40", "--log-every", "10", "--generate", "0"])
      let lines = result.stderr.split(separator: "\n")
      #expect(lines.count == 4 && lines.allSatisfy { $0.contains("  communication –  ") }, "\(result)")
      let match = try #require(
        result.line("speed")?.wholeMatch(of: /([0-9,]+) samples\/s, ([0-9.]+) µs a sample \(means\)/), "\(result)")
      let (rate, time) = (Double(match.output.1.replacing(",", with: "")), Double(match.output.2))
      #expect(abs((rate ?? 0) * (time ?? 0) / 1e6 - 1) < 0.01, "\(result)")
    }
  }
}
