import Foundation
import MPIRunSupport
import TestSupport
import Testing

/// The CPUs of this process's mask.
private let cpus: [Int] = {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") } ?? ""
  return line.dropFirst("Cpus_allowed_list:".count).split(separator: ",").flatMap { part -> [Int] in
    let ends = part.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    return ends.isEmpty ? [] : Array(ends[0]...ends[ends.count - 1])
  }
}()

/// The severity and the text that `doctor` gives a check; nil where it is silent.
private func finding(_ check: String, in result: RunResult) -> (severity: String, what: String)? {
  let heads = ["fine", "advice", "problem"].map { $0.padding(toLength: 9, withPad: " ", startingAt: 0) + check + " " }
  for line in result.lines {
    guard let head = heads.first(where: line.hasPrefix) else { continue }
    let severity = line.prefix { $0 != " " }
    return (String(severity), line.dropFirst(head.count).trimmingCharacters(in: .whitespaces))
  }
  return nil
}

/// mpirun's line at the end.
private func start(_ result: RunResult) -> String? { result.line("start:") }

private let withoutRootVariables = "unset OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM;"
private let inTurns = "--oversubscribe --mca mpi_yield_when_idle 1 --bind-to none"

extension Jobs {
  @Suite("doctor")
  struct DoctorJobs {
    /// Runs `doctor` as a script says; `"$0"` is the program.
    private func doctor(_ script: String) throws -> RunResult { try MPIRun.runScript(script, program: "ddp-train") }

    @Test("a mask of one core, by taskset", .enabled(if: cpus.count > 1, "one CPU only"))
    func taskset() throws {
      let result = try doctor("exec taskset -c \(cpus[1]) \"$0\" doctor")
      #expect(result.exitCode == 0, "\(result)")
      #expect(finding("cores", in: result)?.severity == "advice", "\(result)")
      #expect(finding("cores", in: result)?.what.contains(", CPU \(cpus[1]);") == true, "\(result)")
      #expect(start(result)?.contains(" -np 1 ") == true, "\(result)")
    }

    @Test(
      "a cpuset of one core",
      .enabled(if: cpus.count > 1 && OwnControlGroup.canBeMade(.cpu(cpus[1])), "no cgroup with a cpuset can be made"))
    func cpuset() throws {
      let group = try OwnControlGroup(.cpu(cpus[1]))
      let result = try doctor("\(group.enter) && exec \"$0\" doctor")
      #expect(result.exitCode == 0, "\(result)")
      #expect(finding("cores", in: result)?.what.contains(", CPU \(cpus[1]);") == true, "\(result)")
      // mpirun sees this one itself, and binds inside it.
      #expect(start(result)?.contains(" -np 1 --bind-to core ") == true, "\(result)")

      let two = try doctor("\(group.enter) && exec mpirun -np 2 \(inTurns) \"$0\" doctor")
      #expect(two.exitCode == 1, "\(two)")
      #expect(finding("ranks", in: two)?.severity == "problem", "\(two)")
      #expect(finding("ranks", in: two)?.what.hasPrefix("2 ranks on 1 core") == true, "\(two)")
    }

    @Test(
      "a quota of half a CPU",
      .enabled(if: OwnControlGroup.canBeMade(.quota(percent: 50)), "no cgroup with a quota can be made"))
    func quota() throws {
      let group = try OwnControlGroup(.quota(percent: 50))
      let result = try doctor("\(group.enter) && exec \"$0\" doctor")
      #expect(result.exitCode == 0, "\(result)")
      #expect(finding("quota", in: result)?.severity == "advice", "\(result)")
      #expect(finding("quota", in: result)?.what.hasPrefix("the cgroup pays for 0.5 CPUs") == true, "\(result)")
      #expect(start(result)?.contains(" -np 1 ") == true, "\(result)")

      let running = try doctor("\(group.enter) && exec mpirun -np 2 \(inTurns) \"$0\" doctor")
      #expect(running.exitCode == 1, "\(running)")
      #expect(finding("quota", in: running)?.severity == "problem", "\(running)")
    }

    @Test("more ranks than cores, four on one")
    func oversubscribed() throws {
      let result = try doctor("exec taskset -c \(cpus[0]) mpirun -np 4 \(inTurns) \"$0\" doctor")
      #expect(result.exitCode == 1, "\(result)")
      #expect(finding("ranks", in: result)?.severity == "problem", "\(result)")
      #expect(finding("ranks", in: result)?.what.hasPrefix("4 ranks on 1 core") == true, "\(result)")
      #expect(result.stdout.contains("mpirun -np 4 "), "a line for four all the same\n\(result)")
      #expect(start(result)?.contains(" -np 1 ") == true, "\(result)")
      #expect(result.errors.isEmpty, "\(result)")
    }

    @Test("two ranks bound to the same core, and to one each", .enabled(if: cpus.count > 1, "one CPU only"))
    func binding() throws {
      let same = try doctor("exec mpirun -np 2 \(inTurns) taskset -c \(cpus[1]) \"$0\" doctor")
      #expect(same.exitCode == 1, "\(same)")
      #expect(finding("binding", in: same)?.severity == "problem", "\(same)")
      #expect(
        finding("binding", in: same)?.what == "ranks 0-1 share 1 core, CPU \(cpus[1])", "\(same)")

      let loose = try doctor("exec mpirun -np 2 \(inTurns) \"$0\" doctor")
      #expect(finding("binding", in: loose)?.severity == "advice", "\(loose)")
    }

    @Test("a /dev/shm of 1 MB", .enabled(if: geteuid() == 0, "only root may mount"))
    func sharedMemory() throws {
      let script = { (command: String) in
        "exec unshare -m sh -c 'mount -t tmpfs -o size=1m tmpfs /dev/shm && exec \(command)' \"$0\""
      }
      let running = try doctor(script("mpirun -np 2 \(inTurns) \"$0\" doctor"))
      #expect(running.exitCode == 1, "\(running)")
      #expect(finding("shared memory", in: running)?.severity == "problem", "\(running)")
      #expect(finding("shared memory", in: running)?.what.hasPrefix("/dev/shm has 1.0 MB left") == true, "\(running)")
      // What it warns of is true: a wider model cannot share memory. (Open MPI's own complaint does not always arrive.)
      let training = try doctor(script("mpirun -np 2 \(inTurns) \"$0\" --steps 2 --d-model 128 --sync shared"))
      expectFailure(training, saying: "shared memory: ")
    }

    @Test("root, and the line that is printed starts a run", .enabled(if: geteuid() == 0, "this user is not root"))
    func root() throws {
      let result = try doctor("\(withoutRootVariables) exec \"$0\" doctor")
      #expect(result.exitCode == 0, "\(result)")
      #expect(finding("user", in: result)?.severity == "advice", "\(result)")
      let line = try #require(start(result))
      #expect(line.contains(" --allow-run-as-root "), "\(line)")
      let run = try doctor("\(withoutRootVariables) exec \(line) --steps 2 --generate 1")
      #expect(run.exitCode == 0, "\(run)")
      let bare = line.replacingOccurrences(of: " --allow-run-as-root", with: "")
      let refused = try doctor("\(withoutRootVariables) exec \(bare) --steps 2 --generate 1")
      #expect(refused.exitCode != 0, "the option is needed\n\(refused)")
    }

    @Test(
      "a user who is not root",
      .enabled(if: geteuid() == 0, "only root may become another user"))
    func otherUser() throws {
      let result = try doctor(
        "\(withoutRootVariables) exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" doctor")
      #expect(finding("user", in: result)?.severity == "fine", "\(result)")
      #expect(start(result)?.contains("--allow-run-as-root") == false, "\(result)")
    }

    @Test("a server that hwloc is told of, alone and on two ranks")
    func synthetic() throws {
      let variable = "HWLOC_SYNTHETIC='pack:2 [numa] core:96 pu:1'"
      let alone = try doctor("\(variable) exec \"$0\" doctor")
      #expect(alone.exitCode == 0, "\(alone)")
      #expect(finding("topology", in: alone)?.severity == "advice", "\(alone)")
      #expect(
        finding("topology", in: alone)?.what.hasPrefix(
          "not this machine's: HWLOC_SYNTHETIC=\"pack:2 [numa] core:96 pu:1\"; ") == true, "\(alone)")
      #expect(
        finding("domains", in: alone)?.what == "2 NUMA domains of 96 cores; the line below puts 96 ranks in each",
        "\(alone)")
      #expect(start(alone)?.contains(" -np 192 --map-by core --bind-to core ") == true, "\(alone)")
      #expect(alone.stdout.contains("\nmemory of 192 ranks at a batch of 1,024, at most\n"), "\(alone)")

      // The ranks' masks are of another machine.
      let ranks = try doctor("\(variable) exec mpirun -np 2 \(inTurns) \"$0\" doctor")
      #expect(ranks.exitCode == 0 && ranks.errors.isEmpty, "\(ranks)")
      #expect(finding("ranks", in: ranks)?.what == "2 ranks on 192 cores", "\(ranks)")
      #expect(finding("binding", in: ranks) == nil, "\(ranks)")
      #expect(finding("domains", in: ranks)?.what == "2 NUMA domains of 96 cores", "\(ranks)")
    }

    @Test("fast and slow cores from a file, as JSON")
    func kinds() throws {
      let folder = try TemporaryFolder()
      let path = try folder.file("kinds.xml", machineOfTwoKinds(fast: 10, slow: 10))
      let result = try doctor("HWLOC_XMLFILE='\(path)' exec \"$0\" doctor --json")
      #expect(result.exitCode == 0, "\(result)")
      let parsed = try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any]
      let topology = try #require((parsed?["topologies"] as? [[String: Any]])?.first)
      #expect(topology["is_this_machine"] as? Bool == false && topology["cores"] as? Int == 20, "\(result)")
      let kinds = try #require(topology["kinds"] as? [[String: Any]])
      #expect(kinds.map { $0["cpus"] as? String } == ["10-19", "0-9"], "\(result)")
      #expect(kinds.map { $0["efficiency"] as? Int } == [0, 1], "\(result)")
      let line = try #require(parsed?["command_line"] as? String)
      #expect(line.contains(" -np 10 ") && line.contains(" --bind-to none taskset -c 0-9 "), "\(result)")
      #expect((parsed?["memory"] as? [[String: Any]])?.first?["ranks"] as? Int == 10, "\(result)")
    }

    @Test("JSON says the same, alone and on two ranks", arguments: Start.both)
    func json(start: Start) throws {
      let result = try ddpTrain(start, ["doctor", "--json"])
      let parsed = try JSONSerialization.jsonObject(with: Data(result.stdout.utf8)) as? [String: Any]
      let findings = try #require(parsed?["findings"] as? [[String: Any]])
      let severities = findings.compactMap { $0["severity"] as? String }
      #expect(severities.count == findings.count && !findings.isEmpty, "\(result)")
      #expect((result.exitCode == 1) == severities.contains("problem"), "\(result)")
      #expect((parsed?["command_line"] as? String)?.hasPrefix("mpirun -np ") == true, "\(result)")
      if case .ranks(let count) = start { #expect(parsed?["ranks"] as? Int == count) }
    }

    @Test("a bundle names no host, user, folder or program", arguments: [1, 2])
    func bundle(ranks: Int) throws {
      let folder = try TemporaryFolder()
      let home = folder.path("home-of-alice")
      try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
      let host = ProcessInfo.processInfo.hostName
      let result = try doctor(
        """
        cp "$0" '\(home)/trainer-of-alice' && cd '\(home)' && export HOME='\(home)' TMPDIR='\(home)' USER=alice LOGNAME=alice
        export OMPI_MCA_btl_tcp_if_exclude=10.11.12.0/24 OMPI_MCA_btl=self,vader,tcp DDP_TRAIN_TOKEN=alice
        \(ranks > 1 ? "mpirun -np \(ranks) \(inTurns) " : "")./trainer-of-alice doctor --bundle bundle.json
        """)
      #expect(result.stdout.contains("start: mpirun"), "also where there are no names to train on\n\(result)")
      let text = try folder.text("home-of-alice/bundle.json")
      for word in [host, "alice", folder.path, "10.11.12", "home"] {
        #expect(!text.contains(word), "\(word) in\n\(text)")
      }
      let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      #expect((parsed?["examination"] as? [String: Any])?["ranks"] as? Int == ranks, "\(text)")
      #expect((parsed?["hosts"] as? [[String: Any]])?.first?["host"] as? String == "host-1", "\(text)")
      let settings = parsed?["environment"] as? [[String: String]]
      #expect(settings?.contains(["name": "OMPI_MCA_btl", "value": "self,vader,tcp"]) == true, "\(text)")
      #expect(settings?.contains(["name": "OMPI_MCA_btl_tcp_if_exclude"]) == true, "\(text)")
    }
  }
}
