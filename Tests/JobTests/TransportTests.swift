import Foundation
import MPIRunSupport
import TestSupport
import Testing

extension Jobs {
  /// The program starts mpirun by itself here, and the hosts in namespaces.
  @Suite("bench --sync --transports")
  struct Transports {
    private func bench(_ words: String..., before: String = "") throws -> RunResult {
      try MPIRun.runScript(
        "\(before) exec \"$0\" bench \(words.joined(separator: " "))", program: "ddp-train", timeout: .seconds(240))
    }

    private static func rows(_ path: String) throws -> [[String: Any]] {
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      let file = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      return try #require(file["transports"] as? [[String: Any]])
    }

    @Test(
      "one synchronisation over each transport beside one core's step; a delay shows, or the row says what forbids it")
    func all() throws {
      let folder = try TemporaryFolder()
      let json = folder.path("transports.json")
      let result = try bench("--sync --transports --d-model 16 32 --seconds 0.05 --progress never --json '\(json)'")
      #expect(result.exitCode == 0, "\(result)")
      let rows = try Self.rows(json)
      let names = ["window", "window", "memory", "memory", "loopback", "loopback"]
      #expect(rows.prefix(6).compactMap { $0["transport"] as? String } == names, "\(result)")
      for (index, row) in rows.enumerated() where row["missing"] == nil {
        func number(_ key: String) throws -> Double { try #require(row[key] as? Double, "\(key)") }
        #expect(row["c"] as? Int == [16, 32][index % 2] && row["batch"] as? Int == 16 && row["ranks"] as? Int == 2)
        #expect(row["strategy"] as? String == (index < 2 ? "shared" : "allreduce"))
        let (synchronisation, step) = (try number("sync_us"), try number("single_core_us_per_step"))
        #expect(synchronisation > 0 && step > 0)
        #expect(abs(try number("sync_share") - synchronisation / step) < 1e-9)
        #expect(result.lines.contains { $0.contains(row["title"] as? String ?? "?") }, "\(result)")
      }
      let compared = try ddpTrain(.alone, ["compare", json, json])
      #expect(compared.exitCode == 0 && compared.stdout.contains("window"), "\(compared)")
      let delayed = rows.dropFirst(6)
      #expect(delayed.allSatisfy { $0["transport"] as? String == "delay" && $0["delay_us"] as? Int == 50 })
      if let why = delayed.first?["missing"] as? String {
        #expect(delayed.count == 1 && ["root", "forbids", "missing:"].contains { why.contains($0) }, "\(why)")
        #expect(result.lines.last == "MPI, TCP with 50 µs of delay: not measured: \(why)", "\(result)")
      } else {
        // Both ranks' words are on their way for so long.
        #expect(delayed.count == 2 && delayed.allSatisfy { ($0["sync_us"] as? Double ?? 0) >= 50 }, "\(rows)")
      }
    }

    @Test("a job that fails is a row that says why, and the others go on")
    func failing() throws {
      let folder = try TemporaryFolder()
      let json = folder.path("transports.json")
      let launcher = try folder.file(
        "mpirun",
        "#!/bin/sh\ncase $OMPI_MCA_btl in *tcp*) echo 'no way over TCP' >&2; exit 9 ;; esac\nexec mpirun \"$@\"\n")
      chmod(launcher, 0o755)
      let result = try bench(
        "--sync --transports --d-model 16 --seconds 0.01 --progress never --json '\(json)'",
        before: "DDP_TRAIN_MPIRUN='\(launcher)'")
      #expect(result.exitCode == 0, "\(result)")
      let rows = try Self.rows(json)
      #expect(rows.prefix(3).map { $0["missing"] as? String } == [nil, nil, "no way over TCP"], "\(result)")
      #expect(rows.count == 4, "\(result)")
      #expect(result.stdout.contains("MPI, TCP on loopback: not measured: no way over TCP\n"), "\(result)")
    }

    @Test("what does not go together, and what is missing")
    func refused() throws {
      expectFailure(try bench("--transports"), saying: "transports needs sync", code: 64)
      expectFailure(
        try bench("--sync --transports --domains 2"), saying: "--domains is of no use with --transports", code: 64)
      expectFailure(
        try ddpTrain(.ranks(2), ["bench", "--sync", "--transports"]), saying: "starts mpirun by itself", code: 64)
      expectFailure(
        try bench("--sync --transports", before: "unset DDP_TRAIN_MPIRUN; PATH=/nowhere"),
        saying: "there is no mpirun of Open MPI in PATH", code: 69)
    }

    @Test("a Ctrl-C ends the jobs with it")
    func stopped() throws {
      let words = ["bench", "--sync", "--transports", "--d-model", "16", "--seconds", "60", "--progress", "never"]
      var jobs: [pid_t] = []
      let result = try ddpTrain(.alone, words) { job in
        try job.wait(until: "mpirun runs") {
          jobs = job.children.filter { Self.words(of: $0).contains("bench") && !Self.words(of: $0).hasPrefix("env") }
          return !jobs.isEmpty && jobs.contains { !Self.ranks(of: $0).isEmpty }
        }
        jobs += jobs.flatMap { Self.ranks(of: $0) }
        job.signal(SIGINT)
      }
      #expect(result.exitCode == 130, "\(result)")
      let deadline = ContinuousClock.now.advanced(by: .seconds(20))
      while jobs.contains(where: { kill($0, 0) == 0 }), ContinuousClock.now < deadline { usleep(50_000) }
      #expect(jobs.filter { kill($0, 0) == 0 } == [])
    }

    private static func words(of process: pid_t) -> String {
      let bytes = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      return String(decoding: bytes, as: UTF8.self).replacing("\0", with: " ")
    }

    private static func ranks(of process: pid_t) -> [pid_t] {
      let text = FileManager.default.contents(atPath: "/proc/\(process)/task/\(process)/children") ?? Data()
      return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
    }
  }
}
