import GPT
import Options
import TestSupport
import Testing
import Values

@testable import ddp_train

@Suite("the options of a run")
struct RunPlanTests {
  private func plan(_ words: String..., ranks: Int = 2) throws -> RunPlan {
    try RunPlan(try CommandLineOptions<TrainingOptions>.parse(words), ranks: ranks)
  }

  @Test("what depends on other options is settled before ranks compare it")
  func settled() throws {
    let fields = Dictionary(uniqueKeysWithValues: try plan("--d-model", "128", "--engine", "scalar").options.agreement)
    #expect(fields["heads"] == "8" && fields["engine"] == "scalar" && fields["d-model"] == "128")
    #expect(try plan().options.agreement.contains { $0 == ("engine", "auto") } == false)
  }

  @Test("each option but those of one rank's own shows in what ranks compare, and there alone")
  func agreement() throws {
    let changes = [
      ["--d-model", "32"], ["--heads", "2"], ["--batch", "17"], ["--steps", "101"], ["--learning-rate", "0.011"],
      ["--schedule", "cosine"], ["--warm-up", "10"], ["--beta2", "0.95"], ["--batch-ramp", "2"], ["--average", "0.5"],
      ["--seed", "2"], ["--init-from", "x"], ["--skip-invalid"], ["--eval"], ["--eval-every", "7"],
      ["--engine", "scalar"],
      ["--exp", "exact"],
      ["--no-prefix-sharing"], ["--no-padding-skip"], ["--sync", "sharded"], ["--bucket-kib", "65"],
      ["--sync-tournament"], ["--sync-every", "4"], ["--groups", "rank"], ["--outer", "nesterov"],
      ["--outer-rate", "1"], ["--outer-momentum", "0.5"], ["--sync-overlap"], ["--reproducible"],
      ["--micro-shards", "64"], ["--domains", "2"],
      ["--check-replicas", "10"],
      ["--inject-bit-flip", "0,3"],
      ["--checkpoint-dir", "x"], ["--noise-scale-every", "5"], ["--keep-every", "5"], ["--hash-every", "5"],
      ["--resume"], ["--generate", "2"],
      ["--temperature", "1"], ["--novel"],
      ["--metrics", "x"],
      ["--trace", "x"], ["--trace-steps", "1:2"], ["--log-every", "3"], ["--progress", "never"], ["--quiet"],
    ]
    let one = try CommandLineOptions<TrainingOptions>.parse([]).values().agreement
    for words in changes {
      let other = try CommandLineOptions<TrainingOptions>.parse(words).values().agreement
      let differing = zip(one, other).filter { $0.value != $1.value }.map(\.0.name)
      #expect(["--" + (differing.first ?? ""), "--no-" + (differing.first ?? "")].contains(words[0]))
      #expect(differing.count == 1)
    }
    #expect(one.count == changes.count)
  }

  @Test(
    "options that do not go together are refused in one sentence",
    arguments: [
      (["--sync-tournament", "--sync", "sharded"], "sync-tournament chooses the strategy itself"),
      (["--sync-tournament", "--reproducible"], "sync-tournament has nothing to choose from"),
      (["--warm-up", "5000"], "warm-up 5000 leaves the schedule none of the run's steps, 5000: it must be smaller"),
      (["--batch-ramp", "5"], "batch-ramp 5 begins at the batch divided by 32, which must divide it: batch is 16"),
      (["--batch-ramp", "21"], "--batch-ramp \"21\" is not a whole number from 0 to 20"),
      (["--batch-ramp", "3", "--steps", "3"], "batch-ramp 3 needs at least 4 steps, one for each batch: steps is 3"),
      (["--domains", "2", "--sync", "factors"], "domains 2 goes with sync shared, and this is factors"),
      (["--micro-shards", "64"], "micro-shards 64 needs reproducible"),
      (["--groups", "rank"], "--groups has no effect without --sync-every"),
      (["--sync-overlap"], "--sync-overlap has no effect without --sync-every"),
      (["--sync-every", "4", "--outer-rate", "1"], "--outer-rate has no effect with --outer average"),
      (["--sync-every", "4", "--groups", "hosts"], "--groups \"hosts\" is not host, rank, or a whole number from 1"),
      (["--sync-every", "4", "--average", "0.5", "--eval"], "average 0.5 does not go with sync-every"),
      (["--sync-every", "4", "--sync", "sharded"], "sync sharded does not go with sync-every"),
      (
        ["--reproducible", "--micro-shards", "48"],
        "micro-shards \"48\" is not a whole number from 1 to 1024; it must be a"
      ),
      (["--reproducible", "--micro-shards", "2048"], "--micro-shards \"2048\" is not a whole number from 1 to 1024"),
      (["--average", "1"], "--average \"1\" is not a number from 0 to 0.9"),
      (["--beta2", "1"], "--beta2 \"1\" is not a number from 0.5 to 0.99999"),
      (["--schedule", "square"], "--schedule \"square\" is not one of linear, cosine, constant, wsd"),
      (["--eval-every", "7"], "eval-every 7 needs eval, which keeps"),
      (["--resume"], "resume needs checkpoint-dir"),
      (["--eval-every", "7"], "eval-every 7 needs eval, which keeps"),
      (["--checkpoint-keep", "3"], "checkpoint-keep needs checkpoint-dir"),
      (["--trace-steps", "1:2"], "trace-steps 1:2 without a trace"),
      (["--bucket-kib", "8"], "--bucket-kib has no effect on --sync auto"),
      (["--temperature", "1", "--generate", "0"], "--temperature has no effect with --generate 0"),
      (["--progress", "always", "--quiet"], "--progress has no effect with --quiet"),
      (["--log-every", "5", "--quiet"], "--log-every has no effect where neither"),
      (["--log-every", "5", "--progress", "never"], "--log-every has no effect where neither"),
      (["--eval", "--eval-every", "5", "--quiet"], "--eval-every has no effect where neither"),
      (["--average", "0.5", "--generate", "0"], "--average has no effect where neither"),
      (
        ["--noise-scale-every", "5", "--quiet"], "--noise-scale-every has no effect with --quiet and without --metrics"
      ),
      (["--watts", "5", "--quiet"], "--watts has no effect with --quiet and without --metrics"),
      (["--watts", "0"], "--watts \"0\" is not a number from 0.001 to 10000 watts"),
      (["--noise-scale-every", "x"], "--noise-scale-every \"x\" is not a whole number from 0"),
      (["--engine", "simd", "--sme2-from", "64"], "--sme2-from has no effect with --engine simd"),
      (["--inject-bit-flip", "2,1"], "--inject-bit-flip \"2,1\": this run has ranks 0 to 1 and steps 1 to 5000"),
      (["--d-model", "20"], "16"), (["--engine", "scalar", "--no-padding-skip"], "the scalar engine has no"),
    ])
  func refused(words: [String], message: String) throws {
    let options = try CommandLineOptions<TrainingOptions>.parse(words)
    #expect(TestSupport.message { _ = try RunPlan(options, ranks: 2) }.contains(message))
  }

  @Test(
    "what has an effect, or asks for what is so anyway, or may have one elsewhere, is taken",
    arguments: [
      ["--sync", "overlap", "--bucket-kib", "8"], ["--sync-tournament", "--bucket-kib", "8"],
      ["--quiet", "--progress", "never"], ["--log-every", "5", "--quiet", "--metrics", "x"],
      ["--watts", "5.5"], ["--watts", "5", "--quiet", "--metrics", "x"],
      ["--noise-scale-every", "5", "--quiet", "--metrics", "x"], ["--noise-scale-every", "0", "--quiet"],
      ["--average", "0.5", "--generate", "0", "--eval"], ["--average", "0", "--generate", "0"],
      ["--sync", "shared", "--domains", "2", "--check-replicas", "5"], ["--sme2-from", "64"],
    ])
  func taken(words: [String]) throws {
    _ = try RunPlan(try CommandLineOptions<TrainingOptions>.parse(words), ranks: 1)
  }

  @Test("a file may have options that one start of it has no use for")
  func fileWithMore() throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("run.yaml", "temperature: 1\nbucket-kib: 8\nlog-every: 5\nprogress: always\n")
    _ = try plan("--config", file, "--generate", "0", "--quiet")
  }

  @Test("a run's identity is what 0.1.0 kept of it, and what came since")
  func identity() throws {
    let metadata = RunIdentity(try plan().options, dataHash: "hash").metadata
    #expect(
      metadata.keys.sorted() == [
        "average", "batch", "batch-ramp", "beta2", "d-model", "data-set", "engine", "eval", "exp", "groups", "heads",
        "init-from", "instruction-set", "keep-every",
        "learning-rate", "micro-shards", "outer", "outer-momentum", "outer-rate", "padding-skip", "prefix-sharing",
        "program-version", "reproducible",
        "results-of-estimate-instructions",
        "schedule", "seed", "steps", "sync-every", "sync-overlap", "warm-up",
      ])
    #expect(metadata["learning-rate"] == "0.003" && metadata["reproducible"] == "false")
  }

  @Test(
    "a checkpoint of before an option was there is of a run with its default",
    arguments: [
      ["--schedule", "wsd"], ["--warm-up", "10"], ["--beta2", "0.999"], ["--batch-ramp", "2"], ["--average", "0.5"],
      ["--sync-every", "8"],
    ])
  func younger(words: [String]) throws {
    let option = String(words[0].dropFirst(2))
    let plain = RunIdentity(try plan().options, dataHash: "hash")
    let other = RunIdentity(try plan(words[0], words[1]).options, dataHash: "hash")
    var stored = plain.metadata
    let fallback = try #require(stored[option])
    stored[option] = nil
    #expect(plain.differences(from: stored) == [])
    #expect(other.differences(from: stored) == ["\(option) is \(fallback) there and \(words[1]) here"])
    stored["batch"] = nil
    #expect(plain.differences(from: stored) == ["batch is missing there and 16 here"])
  }

  @Test("a run that goes on takes its own options, whatever else its checkpoint says")
  func kept() throws {
    let given = try plan("--batch", "8", "--reproducible", "--no-padding-skip", "--data", "n", "--temperature", "2")
    var metadata = RunIdentity(given.options, dataHash: "hash", dataPath: "/a/n", initial: "abc").metadata
    metadata["quiet"] = "true"
    func resumed(_ words: String...) throws -> RunPlan {
      let run = KeptRun(path: "file", step: 30, metadata: metadata)
      return try RunPlan(try CommandLineOptions<TrainingOptions>.parse(words), kept: run, ranks: 2)
    }
    let plain = try resumed()
    #expect(plain.settings.batch == 8 && plain.settings.reproducible && !plain.settings.engine.skipsPadding)
    #expect(plain.data.path == "/a/n" && plain.temperature == 2 && !plain.quiet && plain.stepsChange == nil)
    #expect(
      plain.options.chosen.contains("batch 8 (checkpoint)") && !plain.options.chosen.contains { $0.hasPrefix("seed ") })
    let own = RunIdentity(plain.options, dataHash: "hash", dataPath: "/a/n", goingOnFrom: plain.kept)
    #expect(own.differences(from: metadata) == [] && own.metadata["init-from"] == "abc")
    #expect(try resumed("--temperature", "1", "--batch", "8").temperature == 1)
    #expect(message { _ = try resumed("--batch", "9") } == "file: is of another run: batch is 8 there and 9 here")
    #expect(try resumed("--steps", "40").stepsChange?.text == "5000@30")
    #expect(message { _ = try resumed("--steps", "29") }.contains("--steps is 29, and must be at least as many"))
    metadata["reproducible"] = "false"
    #expect(try resumed().settings.engine.skipsPadding, "each machine in its own way")
    metadata["batch"] = "-1"
    #expect(message { _ = try resumed() }.hasPrefix("file: its batch \"-1\" is not a whole number"))
  }

  @Test("words for a shell")
  func words() {
    #expect(shellWord(".build/release/ddp-train") == ".build/release/ddp-train")
    #expect(shellWord("/a b/ddp-train") == "'/a b/ddp-train'")
    #expect(shellWord("it's") == "'it'\\''s'")
    #expect(shellWord("") == "''" && shellWord("é") == "'é'" && shellWord("*") == "'*'")
    #expect(shellWord("a\n'\\") == "$'a\\n\\'\\\\'")
  }

  @Test("what another run must have in common depends on whether the bits count")
  func differences() throws {
    let own = RunIdentity(try plan().options, dataHash: "hash")
    let strict = RunIdentity(try plan("--reproducible").options, dataHash: "hash")
    let other = RunIdentity(try plan("--no-padding-skip", "--batch", "32").options, dataHash: "other").metadata
    #expect(
      own.differences(from: other) == ["batch is 32 there and 16 here", "data-set is other there and hash here"])
    #expect(strict.differences(from: other).contains("padding-skip is false there and true here"))
  }
}
