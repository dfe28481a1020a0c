import Testing

extension Jobs {
  @Suite("options beside generate --model")
  struct ModelOptions {
    private static let useful: Set = [
      "--model", "--count", "--generate", "--temperature", "--seed", "--heads", "--quiet", "--no-quiet", "--version",
      "--help", "--novel", "--no-novel", "--json", "--progress",
    ]
    /// All others, with a value that a run takes.
    private static let training = [
      "--config d64", "--d-model 64", "--batch 16", "--steps 5", "--learning-rate 0.1",
      "--schedule cosine", "--warm-up 2", "--beta2 0.95", "--batch-ramp 1", "--average 0.5", "--data x",
      "--init-from x",
      "--skip-invalid",
      "--no-skip-invalid", "--eval", "--no-eval", "--eval-every 5", "--engine scalar", "--sme2-from 16", "--exp exact",
      "--prefix-sharing", "--no-prefix-sharing", "--padding-skip", "--no-padding-skip", "--sync auto",
      "--bucket-kib 8", "--sync-tournament", "--no-sync-tournament", "--reproducible", "--no-reproducible",
      "--micro-shards 64", "--domains 2", "--sync-every 4", "--groups rank", "--outer nesterov", "--outer-rate 1",
      "--outer-momentum 0.5", "--sync-overlap", "--no-sync-overlap",
      "--check-replicas 5", "--inject-bit-flip 0,1", "--checkpoint-dir x", "--checkpoint-every 5",
      "--checkpoint-keep 1", "--resume", "--no-resume", "--metrics x", "--trace x", "--trace-steps 1:2",
      "--log-every 5", "--heartbeat 5", "--keep-every 5", "--hash-every 5", "--noise-scale-every 5", "--watts 5",
    ].map { $0.split(separator: " ").map(String.init) }

    @Test("none is without effect: it is of use, or refused by name")
    func all() throws {
      let help = try ddpTrain(.alone, ["generate", "--help"]).stdout
      let named = Set(help.matches(of: /--[a-z][a-z0-9-]*/).map { String($0.output) })
      #expect(named == Self.useful.union(Self.training.map { $0[0] }))
      for option in Self.training {
        let result = try ddpTrain(.alone, ["generate", "--model", "none"] + option)
        let name = option[0].replacing(/^--no-/, with: "--")
        expectFailure(result, saying: "\(name) is of no use with --model: nothing is trained", code: 64)
      }
    }

    @Test("the data is of use where it is asked what is in it")
    func data() throws {
      for asking in [["--novel"], ["--json", "-"]] {
        let result = try ddpTrain(.alone, ["generate", "--model", "none", "--data", "x", "--skip-invalid"] + asking)
        expectFailure(result, saying: "none: no such file")
      }
    }

    @Test("those of use are checked")
    func wrong() throws {
      for (option, message, code) in [
        ("--count=-1", "--count \"-1\" is not a whole number from 0", 64),
        ("--temperature=0", "--temperature \"0\" is not a number from", 64),
        ("--seed=1", "none: no such file", 1),
      ] as [(String, String, Int32)] {
        expectFailure(try ddpTrain(.ranks(2), ["generate", "--model", "none", option]), saying: message, code: code)
      }
    }
  }
}
