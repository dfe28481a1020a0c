import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Runs that are handed over with their chain.
  @Suite("verify")
  struct Verify {
    private static let chained = ["--reproducible", "--steps", "60", "--keep-every", "20"]

    private func run(_ ranks: Int = 2, _ more: [String] = []) throws -> (folder: RunFolder, head: String) {
      let folder = try RunFolder()
      return (folder, try head(folder, ranks, Self.chained + more))
    }

    /// The head that a run prints.
    private func head(_ folder: RunFolder, _ ranks: Int, _ arguments: [String]) throws -> String {
      let result = try folder.run(ranks, arguments)
      try #require(result.exitCode == 0, "\(result)")
      let chain = try #require(result.line("chain"), "\(result)")
      return String(try #require(chain.wholeMatch(of: /head ([0-9a-f]{64})  \([0-9,]+ links\)/)).output.1)
    }

    private func verify(
      _ folders: [RunFolder], _ more: [String] = [], on start: Start = .alone
    ) throws -> RunResult {
      try ddpTrain(start, ["verify"] + folders.map(\.path) + ["--progress", "never"] + more)
    }

    private func expectWrong(
      _ folder: RunFolder, _ words: String, _ more: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let result = try verify([folder], more)
      expectResult(result, words, sourceLocation: sourceLocation)
    }

    /// The report and the error have it, and the exit code is 1.
    private func expectResult(_ result: RunResult, _ words: String, sourceLocation: SourceLocation) {
      #expect(result.exitCode == 1, "\(result)", sourceLocation: sourceLocation)
      #expect(result.errors.count == 1, "\(result)", sourceLocation: sourceLocation)
      #expect(result.errors.first?.contains(words) == true, "\(words)\n\(result)", sourceLocation: sourceLocation)
      #expect(result.stdout.contains(words), "\(words)\n\(result)", sourceLocation: sourceLocation)
    }

    private func reseal(_ folder: RunFolder, _ step: Int, _ change: (inout SealedFile) -> Void) throws {
      let url = URL(fileURLWithPath: folder.file(step))
      var file = try SealedFile(Data(contentsOf: url))
      change(&file)
      try file.sealed().write(to: url)
    }

    @Test("a run of two ranks is verified on one, two and three, and one rank's has the same head, with any engine")
    func whole() throws {
      let (folder, head) = try run()
      for start in [Start.alone, .ranks(2), .ranks(3)] {
        let result = try verify([folder], ["--head", head], on: start)
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.line("chain") == "\(folder.path): 4 links, to step 60 of 60", "\(result)")
        #expect(result.line("head") == head, "\(result)")
        #expect(result.line("verified") == "all bits of all segments come out again", "\(result)")
      }
      #expect(try run(1).head == head && run(1, ["--engine", "scalar"]).head == head)
    }

    @Test("--checkpoint-keep removes no link, and --checkpoint-every adds none")
    func kept() throws {
      let (folder, head) = try run(1, ["--checkpoint-keep", "1", "--checkpoint-every", "7"])
      #expect(folder.steps == [20, 40, 60])
      #expect(try run(1).head == head)
      // Those on the way, how many the disk is fast enough for, hang on the chain, and are verified with it.
      let other = try run(1, ["--checkpoint-keep", "100", "--checkpoint-every", "1", "--batch", "256"]).folder
      let count = other.steps.count
      #expect(other.steps.filter { $0 % 20 == 0 } == [20, 40, 60] && count > 3, "\(other.steps)")
      let result = try verify([other])
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.line("segments")?.hasPrefix("\(count) of \(count) trained again") == true, "\(result)")
    }

    @Test("the chain does not know how often a run was stopped, and a run that was given more steps is verified too")
    func resumed() throws {
      let (whole, head) = try run()
      try whole.remove(60)
      #expect(try self.head(whole, 1, Self.chained + ["--resume"]) == head)
      let longer = try self.head(whole, 1, ["--resume", "--steps", "90"])
      #expect(whole.steps == [20, 40, 60, 80, 90])
      let result = try verify([whole], ["--head", longer])
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.line("chain") == "\(whole.path): 6 links, to step 90 of 90", "\(result)")
    }

    @Test("averages, a growing batch, held-out names and a given model are verified")
    func settings() throws {
      let more = ["--average", "0.5", "--batch-ramp", "1", "--eval", "--seed", "3", "--schedule", "cosine"]
      let (folder, _) = try run(2, more)
      #expect(try verify([folder]).exitCode == 0)
      let (second, _) = try run(2, ["--init-from", folder.path, "--seed", "4"])
      #expect(try verify([second]).exitCode == 0)
      try reseal(folder, 60) { file in file.data[file.data.endIndex - 1] ^= 1 }
      try expectWrong(folder, "has other bits in average.sum.lm_head than its link has the digest of")
      let given = URL(fileURLWithPath: second.path + "/initial.safetensors")
      try Data(contentsOf: URL(fileURLWithPath: second.file(20))).write(to: given)
      try expectWrong(second, "does not hang on the model with which a run of its settings begins")
    }

    @Test("segments that are drawn are worth what the report says")
    func random() throws {
      let (folder, _) = try run()
      let json = folder.path + ".json"
      let result = try verify([folder], ["--segments", "random:1", "--seed", "7", "--json", json])
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.line("segments")?.contains("1 of 3 trained again on 1 rank") == true, "\(result)")
      #expect(result.line("segments")?.hasSuffix("drawn by seed 7") == true, "\(result)")
      #expect(
        result.line("verified")
          == "all bits of these segments come out again; one bad segment would have been found with probability 0.33",
        "\(result)")
      let text = try String(contentsOfFile: json, encoding: .utf8)
      for part in ["\"verdict\" : \"verified\"", "\"replayed\" : 1", "\"segments\" : 3", "\"seed\" : \"7\""] {
        #expect(text.contains(part), "\(text)")
      }
    }

    @Test("one bit of a moment, sealed anew, is named with its tensor")
    func moment() throws {
      let (folder, _) = try run()
      // The lowest bit of the last number of Adam's mean of squares.
      try reseal(folder, 40) { file in file.data[file.data.endIndex - 4] ^= 1 }
      try expectWrong(
        folder, "\(folder.file(40)): has other bits in adam.second.lm_head than its link has the digest of")
    }

    @Test("a damaged file is named")
    func damage() throws {
      let (folder, _) = try run()
      try folder.damage(40)
      try expectWrong(folder, "\(folder.file(40)): is damaged: its checksum does not match")
    }

    @Test("another learning rate, sealed anew, is named with both")
    func learningRate() throws {
      let (folder, _) = try run()
      try reseal(folder, 40) { $0.metadata["learning-rate"] = "0.004" }
      try expectWrong(
        folder,
        "\(folder.file(40)): has settings, or digests, that are not those of its link: "
          + "learning-rate is 0.004 there and 0.003 in step 20")
    }

    @Test("other names than the run's are named")
    func names() throws {
      let (folder, _) = try run()
      let data = folder.path + ".txt"
      try "anna\nbo\n".write(toFile: data, atomically: true, encoding: .utf8)
      try expectWrong(folder, "\(data): holds other names than the run had", ["--data", data])
    }

    @Test("a link that is gone is missed")
    func removed() throws {
      let (folder, _) = try run()
      try folder.remove(20)
      try expectWrong(folder, "\(folder.file(40)): hangs on the link of step 20, which is not in the folder")
    }

    @Test("a chain that is whole, and not the one that was promised, is told by its head")
    func anotherHead() throws {
      let (_, head) = try run()
      let (other, otherHead) = try run(1, ["--seed", "2"])
      try expectWrong(
        other, "\(other.file(60)): is not the head that is expected: its link is \(otherHead)", ["--head", head])
    }

    @Test("bits that no training leads to are found by it, and by the metrics' links in their step")
    func bitFlip() throws {
      let flipped = ["--inject-bit-flip", "0,33", "--hash-every", "1"]
      let (folder, _) = try run(1, flipped)
      try expectWrong(folder, "bits part in steps 21 to 40: ")
      try expectWrong(folder, "bits part in step 33: layer0.mlp_fc1", ["--metrics", folder.metricsPath])
      // Links of every third step, beside checkpoints: those of the steps around.
      let (rarer, _) = try run(1, ["--inject-bit-flip", "0,33", "--hash-every", "3"])
      try expectWrong(rarer, "bits part in steps 31 to 33: ", ["--metrics", rarer.metricsPath])
      let result = try verify([folder], on: .ranks(2))
      expectResult(result, "bits part in steps 21 to 40: ", sourceLocation: #_sourceLocation)
    }

    @Test("two runs part where their settings do, or nowhere")
    func compare() throws {
      let (a, _) = try run()
      for start in [Start.alone, .ranks(2)] {
        let seeds = try verify([a, try run(1, ["--seed", "2"]).folder], ["--compare"], on: start)
        #expect(seeds.exitCode == 0 && seeds.line("differs") == "seed: 1 and 2", "\(seeds)")
        #expect(seeds.line("parted")?.hasPrefix("bits part before the first step: wte, ") == true, "\(seeds)")
        // The last step but one of these has the first rate that differs.
        let rates = try verify([a, try run(1, ["--schedule", "wsd"]).folder], ["--compare"], on: start)
        #expect(rates.line("differs") == "schedule: linear and wsd", "\(rates)")
        #expect(rates.line("parted")?.hasPrefix("bits part in step 2: ") == true, "\(rates)")
        let same = try verify([a, try run(1).folder], ["--compare"], on: start)
        #expect(same.line("same") == "all bits of these links", "\(same)")
      }
      let flipped = try run(1, ["--inject-bit-flip", "0,33"]).folder
      let result = try verify([a, flipped], ["--compare"])
      let words = "\(flipped.path) does not come out again there: verify with its metrics says where it went wrong"
      #expect(result.line("parted")?.hasPrefix("bits part in steps 21 to 40: ") == true, "\(result)")
      #expect(result.line("parted")?.hasSuffix(words) == true, "\(result)")
    }

    @Test("the metrics have the links, each once, also of a run that went on")
    func metrics() throws {
      let (folder, _) = try run(2, ["--hash-every", "5"])
      #expect(try links(folder) == Array(stride(from: 5, through: 60, by: 5)))
      try folder.remove(60)
      _ = try head(folder, 1, Self.chained + ["--resume", "--hash-every", "5"])
      #expect(try links(folder) == Array(stride(from: 5, through: 60, by: 5)))
    }

    private func links(_ folder: RunFolder) throws -> [Int] {
      try String(contentsOfFile: folder.metricsPath, encoding: .utf8).split(separator: "\n")
        .filter { $0.hasPrefix("{\"type\": \"link\", ") }
        .compactMap { $0.firstMatch(of: /"step": ([0-9]+)/).flatMap { Int($0.output.1) } }.sorted()
    }

    @Test("a request to stop ends it, also where the rank that is asked has nothing to do", arguments: Start.both)
    func stopped(start: Start) throws {
      let folder = try RunFolder()
      // One segment of a second or more.
      _ = try head(folder, 1, ["--reproducible", "--steps", "60000", "--keep-every", "60000"])
      let result = try ddpTrain(start, ["verify", folder.path, "--progress", "never"]) { job in
        var pids: [pid_t] = []
        try job.wait(until: "it handles signals") {
          if case .ranks = start { pids = job.children } else { pids = [job.processID] }
          return !pids.isEmpty && pids.allSatisfy { job.handles(SIGTERM, in: $0) }
        }
        usleep(400_000)
        kill(pids[pids.count - 1], SIGTERM)
      }
      #expect(result.exitCode == 130 && result.stdout.isEmpty, "\(result)")
      #expect(result.elapsed < .seconds(1.5), "\(result)")
    }

    @Test(
      "what cannot be is refused in one line",
      arguments: [
        (
          ["--keep-every", "20", "--checkpoint-dir", "run"],
          "keep-every 20 keeps what others can check, and needs reproducible"
        ),
        (["--keep-every", "20", "--reproducible"], "keep-every needs checkpoint-dir"),
        (
          ["--hash-every", "5", "--reproducible", "--checkpoint-dir", "run"],
          "hash-every 5 needs keep-every, which keeps the chain, and metrics"
        ),
        (["--keep-every", "-1"], "--keep-every \"-1\" is not"),
        (["verify"], "Missing expected argument"), (["verify", "a", "b"], "one folder is verified at a time"),
        (["verify", "a", "--compare"], "--compare takes two folders, and 1 are given"),
        (["verify", "a", "--segments", "random:0"], "--segments \"random:0\" is not all, or random:n with n from 1"),
        (["verify", "a", "--head", "12"], "--head \"12\" is not a digest of 64 hexadecimal digits"),
        (["verify", "a", "--seed", "1"], "--seed has no effect without --segments random:n"),
      ] as [([String], String)])
    func refused(arguments: [String], words: String) throws {
      let folder = try TemporaryFolder()
      expectFailure(try ddpTrain(.alone, arguments, folder: folder.path), saying: words, code: 64)
    }

    @Test("a folder without a chain is refused, and so is none", arguments: Start.both)
    func noChain(start: Start) throws {
      let folder = try RunFolder()
      expectFailure(try verify([folder], on: start), saying: "\(folder.path): is no folder")
      _ = try folder.train(1, ["--steps", "10"])
      expectFailure(
        try verify([folder], on: start), saying: "\(folder.path): its run keeps no chain: --keep-every makes one")
      let result = try folder.run(1, ["--resume", "--reproducible", "--keep-every", "5"])
      expectFailure(result, saying: "keep-every is 0 there and 5 here")
    }
  }
}
