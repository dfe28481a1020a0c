import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// Tests/golden holds a folder for each release, of what it wrote. This program reads all of it.
  @Suite("files of earlier releases")
  struct GoldenRelease {
    private static let releases = ["0.1.0"]

    private func golden(_ release: String, _ name: String) -> String {
      PackagePaths.file("Tests/golden/\(release)/\(name)")
    }

    private func read(_ release: String, _ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: golden(release, name)))
    }

    /// The record that ends a metrics file.
    private func final(_ metrics: Data) throws -> [String: Any] {
      let lines = metrics.split(separator: UInt8(ascii: "\n"))
      return try #require(JSONSerialization.jsonObject(with: lines.last ?? Data()) as? [String: Any])
    }

    @Test("a run goes on from its checkpoint, with its configuration and its metrics", arguments: releases)
    func resumed(release: String) throws {
      let folder = try TemporaryFolder()
      let metrics = try folder.file("metrics.jsonl", read(release, "metrics.jsonl"))
      try folder.file("run/step-000000600.safetensors", read(release, "step-000000600.safetensors"))
      let result = try ddpTrain(
        .alone,
        [
          "--config", golden(release, "run.yaml"), "--checkpoint-dir", folder.path("run"), "--resume", "--metrics",
          metrics,
        ])
      #expect(result.exitCode == 0, "\(result)")
      #expect(result.line("resumed")?.hasPrefix("from step 600, ") == true, "\(result)")
      let (before, after) = (try final(read(release, "metrics.jsonl")), try final(folder.data("metrics.jsonl")))
      // Now a type says that it is the final one, and held-out losses have records of their own.
      for key in before.keys where !["final", "loss_held_out", "held_out_names"].contains(key) {
        #expect(after[key] != nil, "\(key)")
      }
      #expect(after["steps"] as? Int == 1000 && after["resumed_from_step"] as? Int == 600, "\(after)")
      let (loss, expected) = (after["loss_last_100"] as? Double, before["loss_last_100"] as? Double)
      // The last bits depend on the instruction set.
      #expect(abs((loss ?? 0) - (expected ?? 9)) < 1e-4, "\(after)")
      // A record of each tenth step, once: those after step 600 were written again.
      let steps = try folder.text("metrics.jsonl").matches(of: /"step": ([0-9]+), "loss"/).compactMap {
        Int($0.output.1)
      }
      #expect(steps == Array(stride(from: 10, through: 1000, by: 10)), "\(steps)")
    }

    @Test("another version's checkpoint is gone on with, and one notice says so")
    func otherVersion() throws {
      let release = Self.releases[0]
      let folder = try TemporaryFolder()
      var file = try SealedFile(read(release, "step-000000600.safetensors"))
      file.metadata["program-version"] = "0.0.9"
      try folder.file("run/step-000000600.safetensors", file.sealed())
      let arguments = ["--config", golden(release, "run.yaml"), "--checkpoint-dir", folder.path("run"), "--resume"]
      let resumed = try ddpTrain(.ranks(2), arguments)
      #expect(resumed.exitCode == 0, "\(resumed)")
      #expect(resumed.stderr.components(separatedBy: "was written by ddp-train 0.0.9").count == 2, "\(resumed)")
      let copy = try folder.file("copy.safetensors", file.sealed())
      let generated = try ddpTrain(.alone, ["generate", "--model", copy])
      #expect(generated.exitCode == 0 && generated.lines.count == 10, "\(generated)")
      #expect(generated.stderr.components(separatedBy: "was written by ddp-train 0.0.9").count == 2, "\(generated)")
    }

    @Test("names come from its checkpoint", arguments: releases)
    func names(release: String) throws {
      let model = golden(release, "step-000000600.safetensors")
      let result = try ddpTrain(.alone, ["generate", "--model", model, "--count", "5"])
      #expect(result.stdout == String(decoding: try read(release, "names.txt"), as: UTF8.self), "\(result)")
    }

    @Test(
      "the page of its scaling report is made anew, its JSON and the columns of its CSV the same", arguments: releases)
    func report(release: String) throws {
      let folder = try TemporaryFolder()
      let result = try ddpTrain(.alone, ["report", golden(release, "scaling.json"), "--report", folder.path("page")])
      #expect(result.exitCode == 0, "\(result)")
      let (old, new) = (try columns(read(release, "scaling.csv")), try columns(folder.data("page/scaling.csv")))
      for (name, values) in old { #expect(new[name] == values, "\(name)") }
      // What this version added is absent in that report.
      for (name, values) in new where old[name] == nil { #expect(values.allSatisfy { $0.isEmpty }, "\(name)") }
      #expect(try folder.data("page/scaling.json") == read(release, "scaling.json"))
      #expect(try folder.text("page/index.html").contains("<h1>Scaling of ddp-train on 2 ranks</h1>"))
    }

    /// The columns of a CSV file without quotes, by name.
    private func columns(_ csv: Data) throws -> [String: [Substring]] {
      let rows = String(decoding: csv, as: UTF8.self).split(separator: "\r\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
      }
      let names = try #require(rows.first)
      #expect(rows.allSatisfy { $0.count == names.count })
      return Dictionary(
        uniqueKeysWithValues: names.indices.map { i in (String(names[i]), rows.dropFirst().map { $0[i] }) })
    }

    @Test("this program's JSON has all of its keys", arguments: releases)
    func keys(release: String) throws {
      let folder = try TemporaryFolder()
      let alone = ["bench.json": "bench --d-model 16 --seconds 0.01", "ladder.json": "ladder --seconds 0.01"]
      let together = [
        "bench-sync.json": "bench --sync --d-model 16 --seconds 0.01",
        "scaling.json": "scaling --d-model 16 --seconds 0.01",
        "predict.json": "predict --d-model 16 --batch 16 --seconds 0.01 --up-to 8",
      ]
      for (start, commands) in [(Start.alone, alone), (.ranks(2), together)] {
        for (name, command) in commands.sorted(by: { $0.key < $1.key }) {
          let words = command.split(separator: " ").map(String.init) + ["--json", folder.path(name)]
          let result = try ddpTrain(start, words)
          #expect(result.exitCode == 0, "\(command): \(result)")
          let (old, new) = (try keyPaths(read(release, name)), try keyPaths(folder.data(name)))
          // No rank may have been late.
          let lacking = old.subtracting(new).filter { !$0.hasPrefix("late.") }
          #expect(lacking.isEmpty, "\(name) lacks \(lacking)")
        }
      }
      let doctor = try ddpTrain(.alone, ["doctor", "--json"])
      let (old, new) = (try keyPaths(read(release, "doctor.json")), try keyPaths(Data(doctor.stdout.utf8)))
      // 0.1.0 wrote camel case. Where there is nothing to do it is left out.
      let lacking = Set(old.map(snakeCase)).subtracting(new)
      #expect(lacking.isSubset(of: ["findings.what_to_do"]), "\(lacking)")
    }

    private func snakeCase(_ key: String) -> String {
      key.replacing("MPI", with: "Mpi").replacing(/([a-z])([A-Z])/) { "\($0.output.1)_\($0.output.2)" }.lowercased()
    }

    /// `results.us_per_step` of all objects in a JSON file.
    private func keyPaths(_ json: Data) throws -> Set<String> {
      var paths: Set<String> = []
      func visit(_ value: Any, _ path: String) {
        if let object = value as? [String: Any] {
          for (key, value) in object {
            paths.insert("\(path)\(key)")
            visit(value, "\(path)\(key).")
          }
        } else if let array = value as? [Any] {
          for value in array { visit(value, path) }
        }
      }
      visit(try JSONSerialization.jsonObject(with: json), "")
      return paths
    }
  }
}
