import Foundation
import MPIRunSupport
import TestSupport
import Testing
import Topology

extension Jobs {
  /// ddp-launch with a real mpirun.
  @Suite("jobs started by ddp-launch")
  struct Launched {
    /// A rank that is a shell's script; $1 and so on are what would be ddp-train's options.
    private struct Rank {
      let folder: TemporaryFolder
      let path: String

      init(_ script: String) throws {
        folder = try TemporaryFolder()
        path = try folder.file("rank", "#!/bin/sh\n\(script)\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      }
    }

    /// - Parameter command: `"$0"` is ddp-launch, `"$1"` the rank's program, `$2` and so on are `arguments`.
    private func launch(_ command: String, _ rank: Rank, _ arguments: [String] = []) throws -> RunResult {
      try MPIRun.runScript(command, program: "ddp-launch", [rank.path] + arguments)
    }

    private let mask = #"sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status"#

    @Test("each rank has a core of its own, inside taskset's mask")
    func cores() throws {
      let rank = try Rank(mask)
      let own = allowedCPUs()
      let all = try launch(#""$0" run --program "$1""#, rank)
      #expect(all.exitCode == 0, "\(all)")
      #expect(Set(all.lines).count == all.lines.count && !all.lines.isEmpty, "\(all)")
      let last = try #require(own.last)
      let one = try launch(#"exec taskset --cpu-list "$2" "$0" run --program "$1""#, rank, ["\(last)"])
      #expect(one.lines == ["\(last)"], "\(one)")
      #expect(one.stderr.contains("ranks: 1, one a core, on CPUs \(last)\n"), "\(one)")
    }

    @Test("ranks that outnumber the cores are free, and yield")
    func crowd() throws {
      let rank = try Rank(#"\#(mask); echo "$OMPI_MCA_mpi_yield_when_idle""#)
      let last = try #require(allowedCPUs().last)
      let result = try launch(#"exec taskset --cpu-list "$2" "$0" run --ranks 2 --program "$1""#, rank, ["\(last)"])
      #expect(result.lines.sorted() == ["\(last)", "\(last)", "1", "1"].sorted(), "\(result)")
      #expect(result.stderr.contains("ranks: 2, oversubscribed: not bound, and slow"), "\(result)")
    }

    @Test("after a rank's one line there is no box of mpirun's; that a rank was killed is still said")
    func endings() throws {
      let refused = try launch(
        #""$0" run --ranks 2 --quiet --program "$1""#,
        try Rank(#"[ "$OMPI_COMM_WORLD_RANK" != 0 ] || echo "the one line" >&2; exit 64"#))
      #expect(refused.exitCode == 64)
      #expect(refused.stderr == "the one line\n", "\(refused)")
      let killed = try launch(
        #""$0" run --ranks 2 --quiet --program "$1""#,
        try Rank(#"[ "$OMPI_COMM_WORLD_RANK" = 0 ] || kill -KILL $$; sleep 5"#))
      #expect(killed.exitCode == 137, "\(killed)")
      #expect(killed.stderr.contains("exited on signal 9 (Killed)"), "\(killed)")
      let supervised = try launch(
        #""$0" supervise --ranks 2 --program "$1" -- --checkpoint-dir x"#,
        try Rank(#"[ "$OMPI_COMM_WORLD_RANK" != 0 ] || echo "the one line" >&2; exit 64"#))
      #expect(supervised.exitCode == 64)
      #expect(supervised.stderr == "the one line\n", "\(supervised)")
    }

    @Test("what ranks write passes byte for byte, whatever the locale, tags and time stamps")
    func bytes() throws {
      // All bytes but the newline, which a tag follows.
      let rank = try Rank(#"printf '\000\001\033[31m\200\377ıİ--------\n'; printf 'no end' >&2"#)
      for (variables, isTagged) in [
        ("LC_ALL=tr_TR.UTF-8", false), ("LC_ALL=C", false), ("OMPI_MCA_orte_tag_output=1", true),
        ("OMPI_MCA_orte_timestamp_output=1", true),
      ] {
        let folder = try TemporaryFolder()
        let result = try launch(
          #"env "$2" "$0" run --ranks 1 --quiet --program "$1" >"$3" 2>"$4""#, rank,
          [variables, folder.path("out"), folder.path("err")])
        #expect(result.exitCode == 0, "\(variables) \(result)")
        let out = try folder.data("out")
        let written = Data([0, 1, 27] + Array("[31m".utf8) + [128, 255] + Array("ıİ--------\n".utf8))
        #expect(isTagged ? out.suffix(written.count) == written : out == written, "\(variables) \(out)")
        let errors = try folder.text("err")
        #expect(isTagged ? errors.contains("no end") : errors == "no end", "\(variables) \(errors)")
      }
    }

    @Test(
      "descriptors that the caller has closed are nobody's: a job is done all the same, and what cannot be printed is said",
      arguments: ["<&-", "2>&-", "<&- 2>&-", ">&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-"])
    func closedDescriptors(closed: String) throws {
      let folder = try TemporaryFolder()
      let script = #"""
        launch=$0 folder=$1
        for command in run supervise; do
          eval '"$launch" $command --ranks 2 -- --d-model 16 --steps 20 --generate 1 --checkpoint-dir "$folder/$command"' "$2"
          echo "$command $?"
        done
        ls "$1"/*
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [folder.path, closed])
      let words = closed.split(separator: " ")
      let code = words.contains(">&-") ? 1 : 0
      #expect(result.lines.contains("run \(code)") && result.lines.contains("supervise \(code)"), "\(result)")
      #expect(result.lines.filter { $0 == "step-000000020.safetensors" }.count == 2, "\(result)")
      let isSaid = result.stderr.contains("what was printed is incomplete: Bad file descriptor")
      #expect(isSaid == (code == 1 && !words.contains("2>&-")), "\(result)")
    }

    @Test("ranks are told which terminal shows their messages, and of none where a file takes them")
    func terminal() throws {
      let rank = try Rank(#"echo "terminal ${DDP_TRAIN_TERMINAL-none}""#)
      let script =
        #"script -qec "\"$0\" run --ranks 1 --quiet --program \"$1\"; echo terminal \$(tty)" /dev/null </dev/null"#
      let shown = try launch(script, rank)
      let names = shown.stdout.split(whereSeparator: \.isNewline).map(String.init).filter {
        $0.hasPrefix("terminal ")
      }
      #expect(names.count == 2 && names[0] == names[1] && names[0] != "terminal none", "\(shown)")
      let hidden = try launch(#"DDP_TRAIN_TERMINAL=/dev/null "$0" run --ranks 1 --quiet --program "$1""#, rank)
      #expect(hidden.lines == ["terminal none"], "\(hidden)")
    }

    @Test("standard input goes to rank 0 where it is asked for, and to nobody else")
    func input() throws {
      let rank = try Rank(#"echo "$OMPI_COMM_WORLD_RANK $(cat)""#)
      let script = #"printf 'a\nb\n' | { "$0" run --ranks 2 --quiet $2 --program "$1"; cat; }"#
      let kept = try launch(script, rank, [""])
      #expect(kept.lines.suffix(2) == ["a", "b"] && Set(kept.lines.prefix(2)) == ["0 ", "1 "], "\(kept)")
      let handed = try launch(script, rank, ["--stdin"])
      #expect(Set(handed.lines) == ["0 a", "b", "1 "], "\(handed)")
    }

    @Test("no command reads standard input: a loop over lines keeps its other lines")
    func inputOfCallers() throws {
      let folder = try TemporaryFolder()
      let script = #"""
        export XDG_STATE_HOME="$1/state"
        launch=$0 run="$1/run"
        train="--d-model 16 --steps 5 --generate 0 --progress never"
        keeps() { printf 'a\nb\nc\n' | { read -r _; "$@" >/dev/null 2>&1; echo "$*: $(paste -sd ' ')"; }; }
        keeps "$launch" run --ranks 2 -- $train
        keeps "$launch" supervise --ranks 2 -- $train --checkpoint-dir "$run"
        keeps "$launch" supervise --detach --log "$1/log" --ranks 1 -- $train --checkpoint-dir "$run"
        keeps "$launch" supervise --status "$run"
        keeps "$launch" supervise --stop "$run"
        keeps "$launch" cluster --hosts localhost:1 --dry-run -- $train
        keeps "$launch" line --ranks 2 -- $train
        keeps "$launch" cores
        keeps "$launch" doctor
        keeps "$launch" inventory --program "$launch" --mpirun mpirun
        keeps "$launch" --help
        keeps "$launch" nonsense
        keeps "${launch%/*}/ddp-train" $train
        keeps "${launch%/*}/ddp-train" doctor
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [folder.path])
      #expect(result.lines.count == 14, "\(result)")
      for line in result.lines { #expect(line.hasSuffix(": b c"), "\(line)") }
    }

    @Test("nothing of a job is left, nor of one whose launcher was killed once the next one starts")
    func leftovers() throws {
      let rank = try Rank(
        #"echo "$OMPI_MCA_osc_sm_backing_directory"; test -d "$OMPI_MCA_osc_sm_backing_directory"; exec $2 "$1""#)
      let done = try launch(#""$0" run --ranks 1 --quiet --program "$1" -- x true"#, rank)
      #expect(done.exitCode == 0, "\(done)")
      let folder = try #require(done.lines.first)
      #expect(folder.hasPrefix("/dev/shm/ddp-train.") && !FileManager.default.fileExists(atPath: folder), "\(done)")

      let script = #"""
        "$0" run --ranks 1 --quiet --program "$1" -- 60 sleep >"$2" & pid=$!
        until [ -s "$2" ]; do sleep 0.05; done
        kill -KILL $pid
        for _ in $(seq 100); do pgrep -f "^sleep 60$" >/dev/null || break; sleep 0.1; done
        ls -d "$(cat "$2")"
        "$0" run --ranks 1 --quiet --program /bin/true
        ls -d "$(cat "$2")" 2>/dev/null || echo gone
        """#
      let killed = try launch(script, rank, [rank.folder.path("place")])
      #expect(killed.lines.count == 2 && killed.lines.last == "gone", "\(killed)")
    }

    @Test("a real run says that it has finished; one that ends without a word has failed")
    func word() throws {
      let trainer = try MPIRun.runScript(
        #""$0" run --ranks 2 --quiet -- --d-model 16 --steps 20 --generate 0 --progress never"#, program: "ddp-launch")
      #expect(trainer.exitCode == 0, "\(trainer)")
      #expect(trainer.lines.contains { $0.hasPrefix("parameters hash") }, "\(trainer)")
      // It connects, and its last word is lost: as on Open MPI 5, where a lost host makes mpirun's exit code 0.
      let silent = try Rank(#"exec 3>&1; "$TRAINER" "$@" >&3 & while kill -0 $! 2>/dev/null; do sleep 0.1; done"#)
      let script = #"""
        TRAINER="${0%/*}/ddp-train" "$0" run --ranks 1 --quiet --program "$1" -- --d-model 16 --steps 1000000000 \
          --generate 0 --progress never & pid=$!
        sleep 1.5
        pkill -KILL -f -- "--steps 1000000000 --generate 0 --progress never"
        wait $pid
        echo "code $?"
        """#
      let lost = try launch(script, silent)
      #expect(lost.lines.last != "code 0", "\(lost)")
    }

    @Test("signals stop it in order, with a checkpoint", arguments: ["INT", "TERM", "HUP"])
    func signals(name: String) throws {
      let folder = try TemporaryFolder()
      let script = #"""
        env --default-signal "$0" run --ranks 2 --quiet -- --d-model 16 --steps 1000000000 --generate 0 --progress never \
          --checkpoint-dir "$1" --checkpoint-every 1000000000 & pid=$!
        until pgrep -f -- "--checkpoint-dir $1" >/dev/null; do sleep 0.05; done
        sleep 1
        kill -s "$2" $pid
        wait $pid
        echo "code $?"
        ls "$1"
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [folder.path, name])
      #expect(result.lines.contains("code 130"), "\(result)")
      #expect(result.lines.contains { $0.hasPrefix("step-") }, "\(result)")
      #expect(result.lines.contains { $0.hasPrefix("interrupted after step ") }, "\(result)")
    }

    /// What ranks take for a request is one to ddp-launch too: SIGXCPU, SIGVTALRM, SIGPROF, SIGIO, real-time ones.
    @Test(
      "so does every other signal that would end it by default",
      arguments: Signal.requests.map(\.number).filter { ![SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ].contains($0) })
    func otherSignals(number: Int32) throws { try signals(name: "\(number)") }

    @Test("a limit on a file's size ends no job: what did not fit is an error at the end")
    func fileSize() throws {
      let folder = try TemporaryFolder()
      let rank = try Rank(#"head -c 40000000 /dev/zero; head -c 40000000 /dev/zero >&2; echo end >"$1""#)
      // In blocks of 512 bytes, with room for what Open MPI maps.
      let script = #"""
        (ulimit -f 60000
        "$0" run --ranks 1 --quiet --program "$1" -- "$2/end" >"$2/out" 2>"$2/err"; echo "code $?")
        cat "$2/end"
        stat -c %s "$2/out" "$2/err"
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [rank.path, folder.path])
      #expect(result.lines == ["code 1", "end", "30720000", "30720000"], "\(result)")
    }

    @Test("a reader that pauses gets all that a finished run has printed, however long mpirun has to wait for it")
    func pausingReader() throws {
      let script = #"""
        { "$0" run --ranks 2 --quiet -- --d-model 16 --steps 20 --generate 200000 --progress never; echo "code $?"; } |
          { sleep 18; awk 'END { print NR; print }'; }
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch")
      #expect(result.lines.last == "code 0", "\(result)")
      #expect(result.lines.first.flatMap { Int($0) } ?? 0 > 200_000, "\(result)")
    }

    @Test("a reader that does not read is not waited for by whoever asks three times, or twice and waits")
    func stuckReader() throws {
      let folder = try TemporaryFolder()
      let rank = try Rank(
        #"head -c 1000000 /dev/zero; echo here >"$1"; exec sleep 1000"#)
      let script = #"""
        for times in 3 2; do
          mkfifo "$2/pipe$times"
          sleep 100 <"$2/pipe$times" & reader=$!
          env --default-signal "$0" run --ranks 1 --quiet --program "$1" -- "$2/$times" >"$2/pipe$times" & pid=$!
          for _ in $(seq 200); do [ ! -s "$2/$times" ] || break; sleep 0.05; done
          for _ in $(seq $times); do sleep 1; kill -TERM $pid 2>/dev/null; done
          wait $pid
          code=$?
          kill $reader 2>/dev/null && echo "$times times: code $code"
        done
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [rank.path, folder.path])
      #expect(result.lines.count == 2 && result.lines.allSatisfy { $0.contains(" times: code ") }, "\(result)")
    }

    @Test("a Ctrl-C that ends its reader too, as under tee, leaves a checkpoint")
    func interruptedPipe() throws {
      let folder = try TemporaryFolder()
      let script = #"""
        env --default-signal setsid sh -c '"$1" run --ranks 2 --quiet -- --d-model 16 --steps 1000000000 --generate 0 \
          --progress never --checkpoint-dir "$2" --checkpoint-every 1000000000 | tee /dev/null' sh "$0" "$1" & pid=$!
        until pgrep -f -- "--steps 1000000000 .*--checkpoint-dir $1" >/dev/null; do sleep 0.05; done
        sleep 1
        kill -s INT -- -$pid
        wait $pid
        while pgrep -f -- "ddp-launch run .*--checkpoint-dir $1" >/dev/null; do sleep 0.05; done
        ls "$1"
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [folder.path])
      #expect(result.lines.contains { $0.hasPrefix("step-") }, "\(result)")
    }

    @Test("a supervisor in the background is found by its folder, and ended in order")
    func unattended() throws {
      let folder = try TemporaryFolder()
      let script = #"""
        export XDG_STATE_HOME="$1/state"
        run() { "$0" supervise "$@" -- --d-model 16 --steps 1000000000 --generate 0 --progress never --checkpoint-dir "$folder"; }
        folder=$1/run
        "$0" supervise --status "$folder"; echo "nobody $?"
        run --detach --log "$1/log" --ranks 1; echo "detached $?"
        run --ranks 1; echo "second $?"
        "$0" supervise --status "$folder"; echo "status $?"
        "$0" supervise --stop "$folder"; echo "stopped $?"
        ls "$folder"
        "$0" supervise --stop "$folder"; echo "again $?"
        "$0" supervise --detach --log "$1/log" -- --steps x --checkpoint-dir "$folder"; echo "wrong $?"
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [folder.path])
      for line in ["nobody 1", "detached 0", "second 69", "status 0", "stopped 0", "again 1", "wrong 64"] {
        #expect(result.lines.contains(line), "\(line) \(result)")
      }
      #expect(result.lines.contains { $0.hasPrefix("step-") }, "\(result)")
      #expect(result.lines.contains { $0.contains(", 1 start, step ") && $0.hasSuffix("/log") }, "\(result)")
      let log = try folder.text("log")
      #expect(log.contains("interrupted after step ") && log.contains("is not a whole number"), "\(log)")
    }

    @Test("doctor where the trainer does not start, and where it does")
    func doctor() throws {
      let folder = try TemporaryFolder()
      let script = #"""
        mkdir "$1/lib"; : >"$1/lib/libmpi.so.40"
        LD_LIBRARY_PATH=$1/lib TMPDIR=$1/none OMPI_MCA_osc_sm_backing_directory=$1 "$0" doctor; echo "missing $?"
        "$0" doctor --program "$1/lib"; echo "no program $?"
        "$0" doctor -- --json >"$1/json"; echo "there $?"
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [folder.path])
      #expect(result.lines.contains("missing 1") && result.lines.contains("no program 69"), "\(result)")
      #expect(result.lines.first?.contains("libmpi.so.40") == true, "\(result)")
      for pattern in [
        #"cores     [0-9]+ cores?, .*CPUs? [0-9,-]+"#, "memory    .* left", "shared    \(folder.path), .* left",
        "temporary \(folder.path)/none, cannot be looked at, not writable", "mpirun    Open MPI [45].*/mpirun.*",
        "do        .*",
      ] {
        let regex = try Regex(pattern)
        #expect(result.lines.contains { $0.wholeMatch(of: regex) != nil }, "\(pattern) \(result)")
      }
      #expect(try folder.text("json").hasPrefix("{"), "\(result)")
    }

    @Test("where there is no place for a record a job is supervised without one")
    func homeless() throws {
      let folder = try TemporaryFolder()
      let script = #"""
        unset HOME XDG_STATE_HOME
        "$0" supervise --ranks 2 -- --d-model 16 --steps 20 --generate 0 --checkpoint-dir "$1/run"; echo "trained $?"
        "$0" supervise --status "$1/run"; echo "status $?"
        "$0" supervise --stop "$1/run"; echo "stop $?"
        "$0" supervise --detach --log "$1/log" -- --steps 30 --checkpoint-dir "$1/run"; echo "detached $?"
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [folder.path])
      for line in ["trained 0", "status 69", "stop 69", "detached 69"] {
        #expect(result.lines.contains(line), "\(line) \(result)")
      }
      #expect(result.stderr.contains("set HOME or XDG_STATE_HOME"), "\(result)")
    }

    /// ddp-train itself: every command of it in such surroundings is in LoneTests.
    @Test(
      "in poor surroundings a job is done, or refused in one line",
      arguments: [
        ("env -u HOME setpriv --reuid 12345 --regid 12345 --clear-groups", nil),
        ("env TMPDIR=/proc/none", "the folder /proc/none/ddp-train."),
        ("env TMPDIR=/proc setpriv --reuid 65534 --regid 65534 --clear-groups", "the folder /proc/ddp-train."),
        ("unshare --net", "no network interface is up"),
        (
          "env SLURM_JOB_ID=7 SLURM_NTASKS=4 SLURM_NNODES=1 SLURM_TASKS_PER_NODE=4 SLURM_PROCID=0 SLURM_NODELIST=gone",
          nil
        ),
        ("env SLURM_JOB_ID=7 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1 PMI_RANK=0 PMI_SIZE=1 SLURM_NODELIST=gone", nil),
        ("env PMI_FD=7 PMI_SIZE=4 PMIX_RANK=1 PMIX_NAMESPACE=gone 'PMIX_SERVER_URI2=gone.0;tcp4://127.0.0.1:1'", nil),
        ("env OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_RANK=1", nil),
      ] as [(String, String?)])
    func surroundings(prefix: String, refusal: String?) throws {
      guard geteuid() == 0 || !prefix.contains("unshare") && !prefix.contains("setpriv") else { return }
      let result = try MPIRun.runScript(
        "cd /tmp && exec \(prefix) \"$0\" run --ranks 2 --quiet -- --data \"$1\" --d-model 16 --steps 5 --generate 0",
        program: "ddp-launch", [PackagePaths.names])
      guard let refusal else {
        #expect(result.exitCode == 0 && result.lines.contains { $0.hasPrefix("parameters hash") }, "\(result)")
        return
      }
      #expect(result.exitCode == 69 && result.stdout.isEmpty, "\(result)")
      let lines = result.stderr.split(separator: "\n")
      #expect(lines.count == 1 && lines[0].hasPrefix("launch: ") && lines[0].contains(refusal), "\(result)")
    }

    @Test(
      "without flock jobs run, and no supervisor is taken for one that lives",
      arguments: [ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL])
    func withoutLocks(reason: Int32) throws {
      let folder = try TemporaryFolder()
      let script = #"""
        export XDG_STATE_HOME="$1/state"
        folder=$1/run
        launch() { "${launcher%/*}/hinder" --no-flock "$reason" "$launcher" "$@"; }
        launcher=$0 reason=$2
        launch supervise --ranks 2 -- --d-model 16 --steps 20 --generate 0 --checkpoint-dir "$folder"; echo "supervised $?"
        for record in "$1"/state/ddp-train/supervisors/*; do printf 'process %s\nhost %s\nstarts 1\n' $$ "$(uname -n)" >"$record"; done
        launch supervise --status "$folder"; echo "status $?"
        launch supervise --stop "$folder"; echo "stop $?"
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [folder.path, "\(reason)"])
      for line in ["supervised 0", "status 1", "stop 1"] { #expect(result.lines.contains(line), "\(line) \(result)") }
      #expect(FileManager.default.fileExists(atPath: folder.path("run/step-000000020.safetensors")), "\(result)")
    }

    @Test("a full disk for its words is no end; one for its result is an error, after all is trained")
    func fullDisk() throws {
      let folder = try TemporaryFolder()
      let script = #"""
        launch=$0
        run() { "$launch" run --ranks 2 -- --d-model 16 --steps 200 --generate 0 --checkpoint-dir "$1"; }
        run "$1/words" 2>/dev/full; echo "words $?"
        run "$1/result" >/dev/full; echo "result $?"
        ls "$1"/*
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [folder.path])
      #expect(result.lines.contains("words 0") && result.lines.contains("result 1"), "\(result)")
      #expect(result.lines.filter { $0 == "step-000000200.safetensors" }.count == 2, "\(result)")
      #expect(
        result.stderr.hasSuffix("launch: standard output: what was printed is incomplete: No space left on device\n"),
        "\(result)")
    }

    @Test("a reader that leaves ends it in order, with a checkpoint")
    func reader() throws {
      let folder = try TemporaryFolder()
      let script = #"""
        { "$0" run --ranks 2 --quiet -- --d-model 16 --steps 1000000000 --generate 0 --log-every 100000 \
          --checkpoint-dir "$1" --checkpoint-every 1000000000; echo "code $?" >"$1/code"; } | head -n 2
        until [ -s "$1/code" ]; do sleep 0.1; done
        cat "$1/code"
        ls "$1"
        """#
      let result = try MPIRun.runScript(script, program: "ddp-launch", [folder.path])
      #expect(result.lines.contains { $0.hasPrefix("step-") }, "\(result)")
      #expect(result.lines.contains("code 130") || result.lines.contains("code 141"), "\(result)")
    }

    @Test(
      "wrong arguments are one line and 64",
      arguments: [
        "supervise --attempts 0", "supervise --stall x", "run --ranks 0", "run --ranks -3", "cluster",
        "cluster --hosts a,",
        "cluster --hosts a:x", "cluster --hosts a:1,a:2", "cluster --hosts 'a b'", "cluster --hosts -oProxyCommand=x",
        "run --ranks 2 --hosts a:2", "cluster --hosts a --hostfile b", "cluster --hostfile /nonexistent",
        "cluster --hosts a --ssh-config /nonexistent", "cluster --hosts a --port 0", "cluster --hosts a --port 9-2",
        "supervise --hosts a --port 70000", "nonsense", "bind /bin/true",
      ])
    func wrong(arguments: String) throws {
      let result = try MPIRun.runScript(#"eval "\"$0\" $1""#, program: "ddp-launch", [arguments])
      #expect(result.exitCode == 64, "\(result)")
      let lines = result.stderr.split(separator: "\n")
      #expect(lines.count == 1 && lines[0].hasPrefix("launch: "), "\(result)")
    }
  }
}
