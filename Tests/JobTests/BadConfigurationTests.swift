import Foundation
import TestSupport
import Testing

extension Jobs {
  @Suite("bad configuration files")
  struct BadConfiguration {
    @Test(
      "file, line and key are named: a wrong argument, code 64",
      arguments: [
        ("steps: 2\nbach: 4", "run.yaml:2: unknown key \"bach\"; did you mean \"batch\"?"),
        ("d_model: 64", "run.yaml:1: unknown key \"d_model\"; did you mean \"d-model\"?"),
        ("learning_rate: 1", "unknown key \"learning_rate\"; did you mean \"learning-rate\"?"),
        ("jjjjj: 1", "unknown key \"jjjjj\"; the keys are d-model, heads, batch,"),
        ("batch: many", "run.yaml:1: batch: \"many\" is not a whole number from 1 to 1048576 names"),
        ("batch: 2.5", "batch: \"2.5\" is not a whole number"),
        ("batch: 1__6", "batch: \"1__6\" is not a whole number"),
        ("batch: 99999999999999999999", "is not a whole number"), ("seed: -1", "seed: \"-1\" is not a whole number"),
        ("batch:", "run.yaml:1: batch has no value"), ("data: \"\"", "data has no value"),
        ("eval: maybe", "eval: \"maybe\" is not true or false"), ("learning-rate: fast", "is not a number"),
        ("engine: gpu", "engine: \"gpu\" is not one of auto, scalar, simd, sme2"),
        ("progress: loud", "progress: \"loud\" is not one of auto, always, never"),
        ("batch: [1, 2]", "batch must be a single value"),
        ("batch: 0", "batch: \"0\" is not a whole number from 1"), ("learning-rate: .nan", "is not a number"),
      ])
    func refused(yaml: String, message: String) throws { try run(yaml, saying: message, code: 64) }

    @Test(
      "what is no such file at all is a file's fault: code 1",
      arguments: [
        ("- batch", "must be a mapping of option names to values"),
        ("steps: 2\nbatch: 8\nbatch: 9", "\"batch\" is given twice"), ("batch: \"8", "is not valid YAML"),
        ("batch: 8\n\tsteps: 3", "run.yaml:2: is not valid YAML"), ("batch: 8\n---\nbatch: 9", "is not valid YAML"),
        ("batch: &b 8\nsteps: *b", "run.yaml:1: anchors (&) and aliases (*) are not supported"),
      ])
    func noConfiguration(yaml: String, message: String) throws { try run(yaml, saying: message, code: 1) }

    private func run(_ yaml: String, saying message: String, code: Int32) throws {
      let folder = try TemporaryFolder()
      let file = try folder.file("run.yaml", yaml)
      expectFailure(try ddpTrain(.alone, ["--config", file]), saying: message, code: code)
    }

    /// Nine levels of nine aliases: 387,420,489 values, also where they are compared as keys.
    @Test("a file of aliases of aliases is refused at once", arguments: ["z: *i", "? *i\n: 1"])
    func bomb(use: String) throws {
      var lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
      for (previous, next) in zip("abcdefgh", "bcdefghi") {
        lines.append("\(next): &\(next) [" + Array(repeating: "*\(previous)", count: 9).joined(separator: ", ") + "]")
      }
      let folder = try TemporaryFolder()
      let file = try folder.file("run.yaml", (lines + [use]).joined(separator: "\n"))
      let result = try ddpTrain(.alone, ["--config", file], timeout: .seconds(10))
      expectFailure(result, saying: "anchors (&) and aliases (*) are not supported")
    }

    @Test("so are deep nesting, a huge file, and what is no text")
    func notAConfiguration() throws {
      let folder = try TemporaryFolder()
      let deep = try folder.file("deep.yaml", "batch: " + String(repeating: "[", count: 100_000))
      expectFailure(try ddpTrain(.alone, ["--config", deep], timeout: .seconds(10)), saying: "is not valid YAML")
      let huge = try folder.file("huge.yaml", Data(repeating: UInt8(ascii: "#"), count: 2 << 20))
      expectFailure(try ddpTrain(.alone, ["--config", huge]), saying: "is larger than 1048576 bytes")
      let binary = try folder.file("binary.yaml", Data([0x7f, 0x45, 0x4c, 0x46, 0x00, 0xff]))
      expectFailure(try ddpTrain(.alone, ["--config", binary]), saying: "is not UTF-8 text")
      expectFailure(
        try ddpTrain(.alone, ["--config", "/dev/zero"], timeout: .seconds(10)),
        saying: "/dev/zero: is a pipe, a socket or a device")
    }

    @Test("a mistake is said once on two ranks")
    func ranks() throws {
      let folder = try TemporaryFolder()
      let file = try folder.file("run.yaml", "bach: 4")
      expectFailure(try ddpTrain(.ranks(2), ["--config", file]), saying: "did you mean \"batch\"?", code: 64)
    }
  }
}
