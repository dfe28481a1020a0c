import Foundation
import MPIRunSupport
import TestSupport
import Testing

/// Surroundings in which MPI does not start, or takes the process for a part of a job: prefixes of a shell's command.
private enum Surroundings: String, CaseIterable, CustomTestStringConvertible {
  case plain = ""
  case noHome = "env -u HOME setpriv --reuid 12345 --regid 12345 --clear-groups"
  case noTemporaryFolder = "env TMPDIR=/proc/none setpriv --reuid 65534 --regid 65534 --clear-groups"
  case noNetwork = "unshare --net"
  case batchScript = """
    env SLURM_JOB_ID=7 SLURM_NTASKS=4 SLURM_NPROCS=4 SLURM_NNODES=1 SLURM_TASKS_PER_NODE=4 SLURM_PROCID=0 \
    SLURM_LOCALID=0 SLURM_NODELIST=nowhere SLURM_JOB_NODELIST=nowhere
    """
  case leftovers = """
    env PMI_FD=7 PMI_SIZE=4 PMI_JOBID=1 PMIX_NAMESPACE=gone 'PMIX_SERVER_URI2=gone.0;tcp4://127.0.0.1:1' \
    SLURM_NODELIST=gone SLURM_STEP_ID=0
    """
  /// The one task of a step, and of PMI, is alone too.
  case stepOfOne = """
    env SLURM_JOB_ID=7 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1 SLURM_PROCID=0 PMI_RANK=0 PMI_SIZE=1 PMIX_RANK=0 \
    PMIX_NAMESPACE=slurm.pmix.7.0 SLURM_NODELIST=nowhere SLURM_NNODES=1 SLURM_TASKS_PER_NODE=1
    """

  var testDescription: String { rawValue.isEmpty ? "nothing special" : rawValue }

  /// Another user, or a network of its own, takes root.
  var canBeMade: Bool { geteuid() == 0 || ![.noHome, .noTemporaryFolder, .noNetwork].contains(self) }
}

extension Jobs {
  /// What nobody launched needs no MPI. Every command that `--help` lists runs wherever a program can run.
  @Suite("without a launcher")
  struct Lone {
    /// Arguments of a short run; and what it prints. `$files` has what some need; `$own` can be written to.
    private static let runs: [String: (arguments: String, prints: String)] = [
      "train": ("--data \(PackagePaths.names) --steps 2 --generate 1 --checkpoint-dir $own/ck", "parameters hash "),
      "generate": ("--model $files/model.safetensors --count 2", "\n"),
      "check": (PackagePaths.golden("d16-h4-b16"), "1 file within bounds"),
      "bench": ("--d-model 16 --seconds 0.02", "16"),
      "scaling": ("--d-model 16 --seconds 0.02 --json $own/scaling.json", "16"),
      "report": ("$files/scaling.json --report $own/page", "/index.html"),
      "sweep": (
        "--data \(PackagePaths.names) --d-model 16 --batch 16 --learning-rate 0.01 --steps 5", "best held-out loss"
      ),
      "race": ("--d-model 16 --batch 64 --target 2.6 --no-table --limit 1s", "reached: by at least four of five seeds"),
      "compare": ("$files/scaling.json $files/scaling.json", "\n0 of "),
      "predict": ("--d-model 16 --batch 16 --seconds 0.02 --up-to 4", "latency between nodes"),
      "ceiling": ("--d-model 16 --batch 64 --ranks 2 8 --steps 1", "ceiling: nobody waits"),
      "ladder": ("--batch 5 --seconds 0.02", "rung "),
      "doctor": ("", "start: mpirun -np "),
      "ranks": ("--data \(PackagePaths.names) --most 64 --batch 2", "2 of 64 ranks"),
      "verify": ("$files/ck --data \(PackagePaths.names)", "all bits of all segments come out again"),
      "lesson": ("--from $files/lesson.json --report $own/lesson", "What does one core do?"),
      "info": ("", "ranks         1 (started without mpirun)"),
    ]

    /// The first words of the list that `--help` prints.
    private func commands(_ help: String) -> [String] {
      let list = help.components(separatedBy: "SUBCOMMANDS:\n").last ?? ""
      return list.split(separator: "\n").filter {
        $0.hasPrefix("  ") && !$0.hasPrefix("   ") && !$0.hasPrefix("  See ")
      }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    @Test("every command works", arguments: Surroundings.allCases.filter(\.canBeMade))
    private func everyCommand(surroundings: Surroundings) throws {
      let files = try TemporaryFolder()
      let made = try ddpTrain(
        .alone,
        [
          "train", "--steps", "2", "--quiet", "--checkpoint-dir", files.path("ck"), "--reproducible", "--keep-every",
          "2",
        ])
      #expect(made.exitCode == 0, "\(made)")
      try FileManager.default.copyItem(
        atPath: files.path("ck/step-000000002.safetensors"), toPath: files.path("model.safetensors"))
      let measured = try ddpTrain(
        .alone, ["scaling", "--d-model", "16", "--seconds", "0.02", "--json", files.path("scaling.json")])
      #expect(measured.exitCode == 0, "\(measured)")
      try files.file("lesson.json", #"{"kind": "lesson", "isa": "none", "ranks": 1, "quick": true, "parts": []}"#)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: files.path("model.safetensors"))

      let help = try run(surroundings, "--help", files)
      #expect(help.exitCode == 0 && help.stdout.contains("SUBCOMMANDS"), "\(help)")
      let commands = commands(help.stdout)
      #expect(commands.count == Self.runs.count && commands.contains("info"), "\(commands)")
      let version = try run(surroundings, "--version", files)
      #expect(version.exitCode == 0 && !version.stdout.isEmpty, "\(version)")
      for command in commands {
        let (arguments, prints) = try #require(Self.runs[command], "a new command, \(command): how is it run?")
        let result = try run(surroundings, "\(command) \(arguments)", files)
        // The doctor says that a folder cannot be written to, and may say more of this machine.
        #expect(result.exitCode == 0 || command == "doctor" && result.exitCode == 1, "\(command)\n\(result)")
        #expect(result.stdout.contains(prints), "\(command)\n\(result)")
        #expect(!result.stderr.contains("PMI") && !result.stderr.contains("ORTE"), "\(command)\n\(result)")
      }
    }

    private func run(_ surroundings: Surroundings, _ words: String, _ files: TemporaryFolder) throws -> RunResult {
      let own = try TemporaryFolder()
      // Another user is to write there, and to reach both.
      for path in [own.path, files.path].flatMap({ [$0, ($0 as NSString).deletingLastPathComponent] }) {
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
      }
      return try MPIRun.runScript(
        "files=\(files.path) own=\(own.path); cd $own && exec \(surroundings.rawValue) \"$0\" \(words)",
        program: "ddp-train")
    }

    /// A strategy of one rank synchronises with nobody, whoever started it.
    @Test(
      "alone and as one rank of mpirun: the same bits",
      arguments: [
        ["--sync", "auto"], ["--sync", "allreduce"], ["--sync", "sharded"], ["--sync", "shared"],
        ["--sync", "factors"],
        ["--sync", "hierarchical"], ["--sync", "overlap"], ["--reproducible"], ["--check-replicas", "3"],
        ["--eval"], ["--sync-tournament"],
      ])
    func sameBits(options: [String]) throws {
      let arguments = ["--steps", "20", "--batch", "7", "--generate", "3"] + options
      let (alone, one) = (try ddpTrain(.alone, arguments), try ddpTrain(.ranks(1), arguments))
      #expect(alone.exitCode == 0 && one.exitCode == 0, "\(alone)\n\(one)")
      let hash = try #require(alone.line("parameters"), "\(alone)")
      #expect(one.line("parameters") == hash, "\(alone)\n\(one)")
      #expect(Array(alone.lines.suffix(3)) == Array(one.lines.suffix(3)), "\(alone)\n\(one)")
    }
  }

  /// Tasks that cannot find each other end before they write over each other's files.
  @Suite("launchers that MPI does not know")
  struct UnknownLaunchers {
    private static let launchers = [
      "SLURM_JOB_ID=7 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=",
      "PMI_SIZE=4 PMI_FD=9 PMI_RANK=",
    ]

    @Test("four tasks: one line, from one of them, that says what to do", arguments: launchers)
    func refused(variables: String) throws {
      let folder = try TemporaryFolder()
      let result = try MPIRun.runScript(
        """
        for task in 0 1 2 3; do
          env \(variables)$task "$0" --steps 2 --checkpoint-dir \(folder.path("ck")) & tasks="$tasks $!"
        done
        for task in $tasks; do wait $task; echo $?; done
        """, program: "ddp-train")
      #expect(result.lines == ["69", "69", "69", "69"], "\(result)")
      #expect(result.errors.count == 1 && result.stderr.split(separator: "\n").count == 1, "\(result)")
      let advice = "use Open MPI's own mpirun, srun --mpi=pmix, or sbatch launch/slurm"
      #expect(result.errors.first?.contains(advice) == true, "\(result)")
      #expect(!FileManager.default.fileExists(atPath: folder.path("ck")), "something was written")
    }

    @Test("help comes once, and wrong arguments are told once", arguments: launchers)
    func help(variables: String) throws {
      for (words, code, text) in [("--help", 0, "SUBCOMMANDS:"), ("--stps 2", 64, "Unknown option '--stps'")] {
        let result = try MPIRun.runScript(
          """
          for task in 0 1 2 3; do env \(variables)$task "$0" \(words) || code=$?; done
          exit ${code:-0}
          """, program: "ddp-train")
        #expect(result.exitCode == code, "\(result)")
        #expect((result.stdout + result.stderr).components(separatedBy: text).count == 2, "\(result)")
      }
    }

    @Test("what one task can do, the first does")
    func oneIsEnough() throws {
      let result = try MPIRun.runScript(
        "for task in 0 1 2 3; do env \(Self.launchers[0])$task \"$0\" info || exit; done", program: "ddp-train")
      #expect(result.exitCode == 0 && result.lines.filter { $0.hasPrefix("version") }.count == 1, "\(result)")
    }
  }

  /// Ranks whose surroundings lack what Open MPI takes for granted.
  @Suite("ranks in poor surroundings")
  struct PoorSurroundings {
    @Test(
      "memory of other ranks that may not be read: one notice",
      arguments: ["allreduce", "sharded", "overlap", "auto"])
    func noSingleCopy(strategy: String) throws {
      let program = try builtProgram("ddp-train")
      let arguments = ["--steps", "30", "--generate", "0", "--quiet", "--sync", strategy]
      let result = try MPIRun(ranks: 3).run("no-single-copy", [program] + arguments)
      #expect(result.exitCode == 0, "\(result)")
      let lines = result.stderr.split(separator: "\n")
      #expect(lines.count == 1, "\(result)")
      #expect(lines.first?.hasPrefix("ddp-train: notice: rank 0 on ") == true, "\(result)")
      #expect(lines.first?.contains("process_vm_readv: Operation not permitted") == true, "\(result)")

      let allowed = try MPIRun(ranks: 3).run("ddp-train", arguments)
      #expect(allowed.exitCode == 0 && allowed.stderr.isEmpty, "\(allowed)")
      let decided = try MPIRun(
        ranks: 3, environment: ["OMPI_MCA_btl_vader_single_copy_mechanism": "none"]
      ).run("no-single-copy", [program] + arguments)
      #expect(decided.exitCode == 0 && decided.stderr.isEmpty, "\(decided)")
    }

    @Test("the doctor says so, though the program does without")
    func doctor() throws {
      let result = try MPIRun(ranks: 2).run("no-single-copy", [try builtProgram("ddp-train"), "doctor"])
      let line = try #require(result.lines.first { $0.contains(" single copy ") }, "\(result)")
      #expect(line.hasPrefix("advice") && line.contains("process_vm_readv: Operation not permitted"), "\(result)")
    }

    @Test(
      "on one host Open MPI looks for no network's hardware, unless it is told to",
      arguments: [([], false), (["--mca", "pml", "^v"], true), (["--mca", "mtl", "^psm2"], true)])
    func network(told: [String], looks: Bool) throws {
      let result = try MPIRun(ranks: 2, options: ["--mca", "pml_base_verbose", "10"] + told).run("ddp-train", ["info"])
      let found = Set(result.stderr.matches(of: #/initializing pml component (\w+)/#).map { String($0.1) })
      #expect(result.exitCode == 0 && found.contains("ob1"), "\(result)")
      #expect((found.count > 1) == looks, "\(found)")
    }

    private static let nobody = "env HOME=/tmp setpriv --reuid 12345 --regid 12345 --clear-groups"

    @Test("neither HOME nor a name", .enabled(if: geteuid() == 0, "only root may become another user"))
    func noHome() throws {
      let result = try MPIRun.runScript(
        "exec \(Self.nobody) mpirun -np 2 --oversubscribe env -u HOME \"$0\" info", program: "ddp-train")
      #expect(result.exitCode == 0 && result.stdout.contains("ranks         2"), "\(result)")
    }

    @Test("no network interface", .enabled(if: geteuid() == 0, "only root may leave the network"))
    func noNetwork() throws {
      let result = try MPIRun.runScript(
        "exec mpirun -np 2 --oversubscribe unshare --net \"$0\" --steps 2", program: "ddp-train")
      #expect(result.exitCode == 69, "\(result)")
      #expect(result.errors.count == 1, "\(result)")
      #expect(result.errors.first?.contains("no network interface is up") == true, "\(result)")
    }
  }
}
