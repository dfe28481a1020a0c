import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Ranks that were started differently say so instead of training something nobody asked for, or waiting for each
  /// other for ever.
  @Suite("ranks that disagree")
  struct Disagreement {
    private func run(_ first: [String], _ second: [String]) throws -> RunResult {
      let common = ["--steps", "5", "--progress", "never"]
      return try MPIRun(ranks: 2, options: withoutGrace).run(
        "ddp-train", eachWith: [first + common, second + common], timeout: .seconds(20))
    }

    @Test(
      "on an option: named with both values",
      arguments: [
        ("--d-model 32", "--d-model 16", "d-model", "32", "16"), ("--heads 2", "", "heads", "2", "4"),
        ("--batch 4", "--batch 8", "batch", "4", "8"), ("", "--seed 2", "seed", "1", "2"),
        ("--learning-rate 0.5", "--learning-rate 0.25", "learning-rate", "0.5", "0.25"),
        ("--engine simd", "--engine scalar", "engine", "simd", "scalar"), ("--eval", "", "eval", "true", "false"),
        ("--sync shared", "", "sync", "shared", "auto"),
        ("--sync overlap", "--sync overlap --bucket-kib 3", "bucket-kib", "64", "3"),
        ("--metrics /dev/null --log-every 2", "--metrics /dev/null", "log-every", "2", "its default"),
        ("", "--metrics /dev/null", "metrics", "no file", "a file"),
      ])
    func options(first: String, second: String, field: String, mine: String, theirs: String) throws {
      let result = try run(first.split(separator: " ").map(String.init), second.split(separator: " ").map(String.init))
      expectFailure(result, saying: "ranks disagree on \(field): rank 0 on ")
      #expect(result.errors.first?.contains(" has \(mine), rank 1 on ") == true, "\(result)")
      #expect(result.errors.first?.hasSuffix(" has \(theirs)") == true, "\(result)")
    }

    @Test("on the data: the same number of other names")
    func data() throws {
      let folder = try TemporaryFolder()
      let (one, other) = (try folder.file("one", "anna\nmark\n"), try folder.file("other", "anna\nmary\n"))
      expectFailure(try run(["--data", one], ["--data", other]), saying: "ranks disagree on data set")
      let more = try folder.file("more", "anna\nmark\nzoe\n")
      let result = try run(["--data", one], ["--data", more])
      expectFailure(result, saying: "ranks disagree on the number of training names")
    }

    @Test("equal data in two files is no disagreement")
    func sameData() throws {
      let folder = try TemporaryFolder()
      let (one, other) = (try folder.file("one", "anna\nmark\n"), try folder.file("other", "Anna\n\nMark"))
      let result = try run(["--data", one], ["--data", other])
      #expect(result.exitCode == 0, "\(result)")
    }

    @Test("a file that one rank lacks: that rank is named")
    func missing() throws {
      let folder = try TemporaryFolder()
      let result = try run([], ["--data", folder.path("none")])
      expectFailure(result, saying: "none: no such file")
      #expect(result.errors.first?.hasPrefix("ddp-train: error: rank 1 on ") == true, "\(result)")
    }

    @Test("on the command")
    func command() throws {
      let result = try MPIRun(ranks: 2, options: withoutGrace).run(
        "ddp-train", eachWith: [["info"], ["train", "--steps", "5"]], timeout: .seconds(20))
      expectFailure(result, saying: "ranks disagree on the command: rank 0 on ")
    }

    @Test("one that cannot be understood ends the job")
    func usage() throws {
      let result = try MPIRun(ranks: 2, options: withoutGrace).run(
        "ddp-train", eachWith: [["--steps", "5"], ["--steps", "five"]], timeout: .seconds(20))
      expectFailure(result, saying: ": --steps \"five\" is not", code: 64)
      #expect(result.errors.first?.hasPrefix("ddp-train: error: rank 1 on ") == true, "\(result)")
    }
  }
}
