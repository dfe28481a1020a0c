import GPT
import Testing

extension Jobs {
  @Suite("bad options")
  struct BadOptions {
    @Test(
      "numbers that make no sense: one message, code 64",
      arguments: [
        ("--d-model 50", "d-model 50 is not a multiple of 16"),
        ("--d-model 0", "--d-model \"0\" is not a whole number"),
        ("--d-model=-16", "--d-model \"-16\" is not a whole number"), ("--d-model 2048", "from 16 to 1024"),
        ("--heads 5", "5 heads do not divide d-model 64"), ("--heads 0", "--heads \"0\" is not a whole number from 1"),
        ("--heads=-4", "--heads \"-4\" is not"), ("--batch 0", "--batch \"0\" is not a whole number from 1 to 1048576"),
        ("--batch=-3", "--batch \"-3\" is not"), ("--steps 0", "--steps \"0\" is not"),
        ("--steps=-1", "--steps \"-1\" is not"),
        ("--learning-rate nan", "--learning-rate \"nan\" is not a number from"),
        ("--learning-rate inf", "--learning-rate \"inf\" is not"),
        ("--learning-rate 0", "--learning-rate \"0\" is not"),
        ("--learning-rate=-0.1", "--learning-rate \"-0.1\" is not"),
        ("--temperature 0", "--temperature \"0\" is not a number from"),
        ("--temperature nan", "--temperature \"nan\" is not"),
        ("--generate=-1", "--generate \"-1\" is not a whole number from 0"),
        ("--bucket-kib 0", "--bucket-kib \"0\" is not a whole number from 1 to"),
        ("--log-every 0", "--log-every \"0\" is not a whole number from 1"),
        ("--heartbeat 0", "--heartbeat \"0\" is not a whole number from 1 to 86400 seconds"),
      ])
    func refused(arguments: String, message: String) throws { try run(arguments, saying: message, code: 64) }

    @Test(
      "files that are not there or cannot be: code 1",
      arguments: [
        ("--config none", "no such configuration file"),
        ("--config /", "/: is a directory, not a configuration file"),
        ("--metrics /no/such/folder", "--metrics /no/such/folder: there is no folder /no/such"),
        ("--metrics /", "--metrics /: is a directory, not a file"),
      ])
    func noFile(arguments: String, message: String) throws { try run(arguments, saying: message, code: 1) }

    private func run(_ arguments: String, saying message: String, code: Int32) throws {
      let result = try ddpTrain(.alone, arguments.split(separator: " ").map(String.init))
      expectFailure(result, saying: message, code: code)
      #expect(result.stderr.split(separator: "\n").count == 1 && result.stdout == "", "\(result)")
    }

    @Test(
      "an engine this CPU cannot run", .disabled(if: EngineKind.sme2.isAvailable),
      arguments: [(Start.alone, "train"), (.ranks(2), "train"), (.alone, "bench"), (.alone, "check /dev/null")])
    func unavailableEngine(start: Start, command: String) throws {
      let result = try ddpTrain(start, command.split(separator: " ").map(String.init) + ["--engine", "sme2"])
      expectFailure(result, saying: "--engine sme2: this CPU has no SME2, or its kernel does not offer it")
      #expect(result.stdout == "", "\(result)")
    }

    @Test(
      "on several ranks it is one message too",
      arguments: [
        ("--d-model 50", "d-model 50 is not a multiple of 16", 64), ("--config none", "no such configuration file", 1),
        ("--learning-rate nan", "--learning-rate \"nan\" is not a number from", 64),
        // Rank 0 alone opens it.
        ("--metrics /no/such/folder", "--metrics /no/such/folder: there is no folder /no/such", 1),
      ] as [(String, String, Int32)])
    func refusedOnRanks(arguments: String, message: String, code: Int32) throws {
      let result = try ddpTrain(.ranks(3), arguments.split(separator: " ").map(String.init))
      expectFailure(result, saying: message, code: code)
      #expect(result.stdout == "", "\(result)")
    }

    @Test("a loss that is not finite stops the run and names the step", arguments: Start.both)
    func diverged(start: Start) throws {
      let result = try ddpTrain(start, ["--learning-rate", "1e30", "--steps", "50", "--progress", "never"])
      expectFailure(result, saying: "training has diverged; a lower --learning-rate than 1e+30 may help")
      let words = result.errors.first?.split(separator: " ").map(String.init) ?? []
      let step = words.firstIndex(of: "step").flatMap { Int(words[$0 + 1].dropLast()) }
      #expect((2...50).contains(step ?? 0), "\(result)")
    }

    @Test("so do parameters that are not finite after the last step", arguments: Start.both)
    func divergedAtTheEnd(start: Start) throws {
      let result = try ddpTrain(start, ["--learning-rate", "1e300", "--steps", "1", "--progress", "never"])
      expectFailure(result, saying: "parameters are not finite after step 1: training has diverged")
    }

    @Test("the smallest of everything works", arguments: Start.both)
    func smallest(start: Start) throws {
      let arguments = ["--d-model", "16", "--heads", "1", "--batch", "1", "--steps", "1", "--generate", "1"]
      #expect(try ddpTrain(start, arguments + ["--quiet"]).exitCode == 0)
    }

    @Test("so does the widest", arguments: [Start.ranks(2)])
    func widest(start: Start) throws {
      let arguments = ["--d-model", "1024", "--heads", "1024", "--batch", "3", "--steps", "1", "--generate", "1"]
      #expect(try ddpTrain(start, arguments + ["--quiet"]).exitCode == 0)
    }
  }
}
