import Foundation
import MPIRunSupport
import SafeTensors
import TestSupport
import Testing

extension Jobs {
  /// Text of every kind of file, with what steers a terminal or a reader in it.
  @Suite("hostile text")
  struct HostileText {
    /// A terminal sequence, a bell, a delete, C1, a line break, both kinds of bidirectional override, a line separator.
    private static let hostile = "\u{1b}]0;x\u{7}\u{7f}\u{9b}31m\r\nddp-train: error: forged\u{202e}\u{2066}\u{2028}x"

    /// No byte of it does anything but show.
    private func expectHarmless(_ text: String, _ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
      let harmful = text.unicodeScalars.filter { scalar in
        switch scalar.properties.generalCategory {
        case .control: scalar != "\n"
        case .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
      }
      #expect(harmful.isEmpty, "\(what): \(text.debugDescription)", sourceLocation: sourceLocation)
      let forged = text.split(separator: "\n").contains { $0.hasPrefix("ddp-train: error: forged") }
      #expect(!forged, "\(what): \(text.debugDescription)", sourceLocation: sourceLocation)
    }

    private func expectHarmless(_ result: RunResult, _ what: String, sourceLocation: SourceLocation = #_sourceLocation)
    {
      expectHarmless(result.stdout, what, sourceLocation: sourceLocation)
      expectHarmless(result.stderr, what, sourceLocation: sourceLocation)
    }

    @Test("a checkpoint's metadata, each entry in turn, in a resumed run and in generate", arguments: Start.both)
    func checkpoint(start: Start) throws {
      let folder = try TemporaryFolder()
      let arguments = ["--d-model", "16", "--steps", "10", "--generate", "1", "--checkpoint-dir", folder.path("run")]
      #expect(try ddpTrain(.alone, arguments).exitCode == 0)
      let name = "run/step-000000010.safetensors"
      let intact = try folder.data(name)
      let keys = try SealedFile(intact).metadata.keys.filter { $0 != "checksum" && $0 != "format" }
      #expect(keys.count > 20)
      for key in keys.sorted() {
        var file = try SealedFile(intact)
        file.metadata[key] = Self.hostile
        try folder.file(name, file.sealed())
        let resumed = try ddpTrain(start, arguments + ["--resume"])
        expectHarmless(resumed, "resume, \(key)")
        let generated = try ddpTrain(start, ["generate", "--model", folder.path(name)])
        expectHarmless(generated, "generate, \(key)")
        // What is set aside as damaged must not stand in the next one's way.
        try FileManager.default.removeItem(atPath: folder.path("run"))
        try FileManager.default.createDirectory(atPath: folder.path("run"), withIntermediateDirectories: true)
      }
    }

    @Test("a safetensors file's names and metadata, in generate and check")
    func safeTensors() throws {
      let folder = try TemporaryFolder()
      var named = SafeTensorsWriter()
      try named.add(Self.hostile, shape: [1], float32: [1])
      try named.write(to: folder.path("named"))
      var wide = SafeTensorsWriter(metadata: ["heads": Self.hostile, "d_model": Self.hostile, "format": Self.hostile])
      try wide.add("wte", shape: [27, 16], float32: [Float](repeating: 0, count: 27 * 16))
      try wide.write(to: folder.path("wide"))
      let twice = "{\"\\u001b[31m\":{\"dtype\":\"\u{9b}\",\"shape\":[],\"\u{202e}\":0}}".padding(
        toLength: 64, withPad: " ", startingAt: 0)
      try folder.file("bad", Data([UInt8(twice.utf8.count), 0, 0, 0, 0, 0, 0, 0]) + Data(twice.utf8))
      for file in ["named", "wide", "bad"] {
        for command in [["generate", "--model"], ["check"]] {
          let result = try ddpTrain(.alone, command + [folder.path(file)])
          #expect(result.exitCode == 1 && result.errors.count == 1, "\(result)")
          expectHarmless(result, "\(command) \(file)")
        }
      }
    }

    @Test("a configuration, a list of names, and their own paths")
    func textFiles() throws {
      let folder = try TemporaryFolder()
      let quoted = #"\e]0;x\a\x7f\x9b31m\r\nddp-train: error: forged\u202e\u2066\u2028x"#
      for (index, yaml) in [
        "\"\(quoted)\": 1", "batch: \"\(quoted)\"", "engine: \"\(quoted)\"", "data: \"\(quoted)\"",
        "metrics: \"/proc/none/\(quoted)\"", "checkpoint-dir: \"/proc/\(quoted)\"", "trace: \"/proc/none/\(quoted)\"",
        "trace-steps: \"\(quoted)\"", "checkpoint-every: \"\(quoted)\"", "eval: \"\(quoted)\"",
      ].enumerated() {
        let file = try folder.file("run\(index).yaml", yaml)
        let result = try ddpTrain(.alone, ["--config", file, "--steps", "1"])
        #expect([1, 64].contains(result.exitCode) && result.errors.count == 1, "\(yaml): \(result)")
        expectHarmless(result, yaml)
      }
      let names = try folder.file("names\u{1b}[31m\u{202e}\n.txt", "anna\n\u{1b}bob\n")
      for options in [["--data", names], ["--data", names, "--skip-invalid", "--steps", "1"]] {
        expectHarmless(try ddpTrain(.alone, options), "names")
      }
      for option in ["--json", "--heads", "--batch", "--config", "--model", "--metrics", "--checkpoint-dir", "--trace"]
      {
        for command in ["train", "generate", "bench"] {
          expectHarmless(
            try ddpTrain(.alone, [command, "\(option)=/proc/none/\(Self.hostile)"]), "\(command) \(option)")
        }
      }
    }

    @Test("every text of a report's JSON, in messages and on the page")
    func report() throws {
      let folder = try TemporaryFolder()
      let golden = try String(contentsOfFile: PackagePaths.file("Tests/golden/0.1.0/scaling.json"), encoding: .utf8)
      // Also what gnuplot would run if it were let.
      let marks = Self.hostile + "'\"`touch \(folder.path("ran"))`$(touch \(folder.path("ran")))@x\\"
      let hostile = String(decoding: try JSONEncoder().encode(marks), as: UTF8.self)
      let texts = golden.matches(of: /: ("(?:[^"\\]|\\.)*")/).map { $0.output.1 }
      for text in Set(texts).sorted() {
        let file = try folder.file("run.json", golden.replacing(": \(text)", with: ": \(hostile)"))
        let result = try ddpTrain(.alone, ["report", file, "--report", folder.path("page")])
        expectHarmless(result, "report, \(text)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("ran")), "\(text) runs commands")
        guard result.exitCode == 0 else { continue }
        // gnuplot indents its SVG with tabs; a line of a page is nobody's message.
        let page = try folder.text("page/index.html").replacing("\t", with: " ").replacing("\n", with: " ")
        expectHarmless(page, "page, \(text)")
      }
    }
  }
}
