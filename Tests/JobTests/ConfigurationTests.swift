import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  @Suite("configuration files")
  struct Configuration {
    private func run(_ yaml: String, _ arguments: [String] = []) throws -> RunResult {
      let folder = try TemporaryFolder()
      let file = try folder.file("run.yaml", yaml)
      let quickly = arguments.contains("--steps") || yaml.contains("steps") ? [] : ["--steps", "2"]
      return try ddpTrain(
        .alone, ["--config", file, "--generate", "0", "--progress", "never"] + quickly + arguments)
    }

    @Test("flag before file before default, in what is printed")
    func precedence() throws {
      let yaml = "d-model: 32\nbatch: 5\nsteps: 3\nlearning-rate: 0.002\n"
      let file = try run(yaml)
      #expect(file.line("run") == "batch 5, 3 steps, learning rate 0.002 falling to 0, seed 1", "\(file)")
      #expect(file.line("model")?.hasPrefix("d-model 32, 4 heads") == true, "\(file)")
      #expect(file.line("chosen")?.contains("batch 5 (") == true, "\(file)")
      let flag = try run(yaml, ["--batch", "6", "--seed", "7"])
      #expect(flag.line("run") == "batch 6, 3 steps, learning rate 0.002 falling to 0, seed 7", "\(flag)")
      #expect(flag.line("chosen")?.contains("batch 6 (flag)") == true, "\(flag)")
      #expect(flag.line("chosen")?.contains("batch 5") == false, "\(flag)")
    }

    @Test("every option may stand in a file, and all of them at once")
    func everyKey() throws {
      let folder = try TemporaryFolder()
      _ = try folder.file("names.txt", (0..<26).map { _ in "anna\nmark\n" }.joined() + "jo5\nzoe\n")
      let result = try run(
        """
        d-model: 48   # not a power of two
        heads: 3
        batch: 4
        steps: 6
        learning-rate: 0.003
        seed: 11
        data: \(folder.path)/names.txt
        skip-invalid: true
        eval: false
        engine: scalar
        generate: 3
        temperature: 0.9
        metrics: \(folder.path)/metrics.jsonl
        log-every: 2
        progress: never
        quiet: false
        """)
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.line("model")?.hasPrefix("d-model 48, 3 heads") == true, "\(result)")
      #expect(result.line("data")?.hasSuffix(": 53 names") == true, "\(result)")
      #expect(result.line("ddp-train")?.hasSuffix("engine scalar") == true, "\(result)")
      #expect(try Metrics(path: folder.path("metrics.jsonl")).records.map(\.step) == [2, 4, 6])
    }

    @Test("no option of the command line is unknown to a file")
    func knownKeys() throws {
      let help = try ddpTrain(.alone, ["train", "--help"])
      let options = Set(help.stdout.matches(of: /--(no-)?([a-z0-9-]+)/).map { String($0.output.2) })
        .subtracting(["config", "inject-bit-flip", "help", "version"])
      #expect(options.count > 25, "\(help)")
      let folder = try TemporaryFolder()
      for option in options {
        let result = try ddpTrain(.alone, ["--config", try folder.file("\(option).yaml", "\(option):\n")])
        #expect(result.stderr.contains("\(option) has no value"), "\(result)")
      }
    }

    @Test("a path in a file counts from the file's folder")
    func relativePath() throws {
      let folder = try TemporaryFolder("with space")
      _ = try folder.file("my names.txt", "anna\nmark\nzoe\n")
      let file = try folder.file("run.yaml", "data: my names.txt\nmetrics: out.jsonl\nsteps: 2\n")
      let result = try ddpTrain(.alone, ["--config", file], folder: "/")
      #expect(result.line("data") == "\(folder.path)/my names.txt: 3 names", "\(result)")
      #expect(try Metrics(path: folder.path("out.jsonl")).final.steps == 2)
    }

    @Test(
      "~ and $HOME at a path's start are the home folder", arguments: ["~", "$HOME", "${HOME}"])
    func homeFolder(sign: String) throws {
      let home = try TemporaryFolder()
      _ = try home.file("names.txt", "anna\nmark\nzoe\n")
      let folder = try TemporaryFolder()
      let file = try folder.file("run.yaml", "data: \(sign)/names.txt\nmetrics: \(sign)/out.jsonl\nsteps: 2\n")
      let result = try MPIRun.runAlone("ddp-train", ["--config", file], environment: ["HOME": home.path])
      #expect(result.line("data") == "\(home.path)/names.txt: 3 names", "\(result)")
      #expect(try Metrics(path: home.path("out.jsonl")).final.steps == 2)
      // In the middle of a path they are letters like others.
      let other = try folder.file("other.yaml", "data: a\(sign)/names.txt\n")
      expectFailure(
        try MPIRun.runAlone("ddp-train", ["--config", other], environment: ["HOME": home.path]),
        saying: "\(folder.path)/a\(sign)/names.txt")
    }

    @Test("without a home folder that is an error of that line")
    func noHomeFolder() throws {
      let folder = try TemporaryFolder()
      let file = try folder.file("run.yaml", "steps: 2\ndata: ~/names.txt\n")
      // A user that the system does not know, as in a container; the program may live where only root can read.
      let script = """
        program=$(mktemp -p /tmp) && cp -- "$0" "$program" && chmod 755 "$program" && chmod 755 '\(folder.path)'
        env -u HOME setpriv --reuid 54321 --clear-groups "$program" --config '\(file)'
        code=$?; rm -f -- "$program"; exit $code
        """
      guard geteuid() == 0 else { return }
      expectFailure(
        try MPIRun.runScript(script, program: "ddp-train"), saying: "run.yaml:2: data: there is no home folder for")
    }

    @Test("heads follow the width unless they are given")
    func heads() throws {
      #expect(try run("d-model: 128").line("model")?.hasPrefix("d-model 128, 8 heads") == true)
      #expect(try run("d-model: 32").line("model")?.hasPrefix("d-model 32, 4 heads") == true)
      #expect(try run("heads: 2", ["--d-model", "128"]).line("model")?.hasPrefix("d-model 128, 2 heads") == true)
    }

    @Test(
      "values mean what they look like",
      arguments: [
        ("batch: 1_0", "batch 10,"), ("batch: 1e1", "batch 10,"), ("batch: \"10\"", "batch 10,"),
        ("batch: 10.0", "batch 10,"), ("learning-rate: 1e-3", "rate 0.001 "), ("learning-rate: .5e-2", "rate 0.005 "),
        ("seed: 18446744073709551615", "seed 18446744073709551615"), ("{batch: 10, seed: 3}", "batch 10,"),
        ("", "batch 16,"), ("# nothing", "batch 16,"), ("---\nbatch: 10\n...", "batch 10,"),
        ("\u{feff}batch: 10", "batch 10,"), ("\u{feff}---\nbatch: 10", "batch 10,"),
        ("\u{feff}%YAML 1.1\n---\nbatch: 10", "batch 10,"), ("batch: 10\r\nseed: 3\r\n", "batch 10,"),
      ])
    func values(yaml: String, expected: String) throws {
      let result = try run(yaml)
      #expect(result.exitCode == 0, "\(result)")
      #expect((result.line("run").map { $0 + " " })?.contains(expected) == true, "\(result)")
    }

    @Test("yes, on and true are true", arguments: ["true", "True", "yes", "YES", "on"])
    func truths(word: String) throws {
      #expect(try run("eval: \(word)").line("held out") != nil)
    }

    @Test("no, off and false are false", arguments: ["false", "No", "off"])
    func falsehoods(word: String) throws {
      let result = try run("eval: \(word)")
      #expect(result.exitCode == 0 && result.line("held out") == nil, "\(result)")
    }
  }
}
