# shellcheck shell=bash
# launch/slurm on one node: refusals, plain jobs, cancelled and preempted ones. Sourced by run.

# plain RANKS OPTION…: the same run by mpirun alone. Sets reference to its hash.
plain() {
  attempt mpirun -np "$1" --oversubscribe --bind-to none "$program" "${common[@]}" "${@:2}"
  reference=$(hash_in "$out")
  check "a plain run has a hash" yes "$([[ $reference =~ ^[0-9a-f]{32}$ ]] && echo yes || echo "$code $err")"
}

test_refusals() {
  local script=$checkout/launch/slurm words
  attempt "$script" --help
  check "help: exit code" 0 "$code"
  check "help names sbatch's line" yes "$([[ $out == "sbatch [sbatch options] launch/slurm "* ]] && echo yes || echo "$out")"
  attempt "$script" --checkpoint-dir ck
  check "outside Slurm: exit code" 64 "$code"
  check_says "outside Slurm: message" "launch: this is a batch script for Slurm: sbatch [sbatch options] launch/slurm"

  # What the user sees in the job's output and in Slurm's answer: one line, and the code.
  for words in '--steps 5|64|--checkpoint-dir FOLDER is missing' '--again --config d64|64|--again needs --checkpoint-dir' \
    '--program|64|--program needs a file' \
    "--program $work/none --checkpoint-dir ck|69|there is no program $work/none: build it"; do
    IFS='|' read -r words code err <<<"$words"
    # shellcheck disable=SC2086
    submit_words "$script" $words
    local expected="launch: $err" as_expected="$code"
    end 20
    check "launch/slurm $words: state" "FAILED $as_expected:0" "$state"
    check_says "launch/slurm $words: message" "$expected"
    check "launch/slurm $words: one line" 1 "$(wc -l <<<"$err")"
  done
  submit ck-wrong -- --steps minus
  end 30
  check "a wrong option: state" "FAILED 64:0" "$state"
  check_says "a wrong option: the program's message" '--steps "minus" is not a whole number'
  check "a wrong option: nothing about going on" '' "$(grep '^launch:' <<<"$err")"
  # The configuration may name the folder: then it is the program's to look for.
  printf '%s\n' "checkpoint-dir: $cluster/jobs/ck-file" 'steps: 20' "data: $checkout/data/names.txt" >"$work/options.yaml"
  submit_words "$script" --program "$program" --config "$work/options.yaml"
  end 30
  check "a folder in the configuration" "COMPLETED 0:0 $(checkpoint_of 20)" "$state $(ls "$cluster/jobs/ck-file")"
}

test_checkout() {
  local script=$checkout/launch/slurm
  # A path with blanks, through a link.
  mkdir "$work/a folder"
  ln -s "$script" "$work/a folder/my job"
  submit_words "$work/a folder/my job" --program "$program" -- "a b" --checkpoint-dir ck-blanks
  end 20
  check "a script behind a link, in a folder with blanks, is found" "FAILED 64:0" "$state"
  check_says "… and gets its words whole" 'no such command: "a b"'
  # A script without a file, from a folder that is no checkout, and from one that is.
  job=$(slurm bash -c 'sbatch --parsable <"$1"' bash "$script")
  end 20
  check "a script from nowhere: state" "FAILED 69:0" "$state"
  check_says "a script from nowhere: message" "launch: the checkout that sbatch took this script from is not to be found on"
  job=$(slurm bash -c 'DDP_TRAIN_CHECKOUT=$2 sbatch --parsable <"$1"' bash "$script" "$checkout")
  end 20
  check_says "DDP_TRAIN_CHECKOUT is found" "launch: --checkpoint-dir FOLDER is missing"
  job=$(slurm bash -c 'DDP_TRAIN_CHECKOUT=/none sbatch --parsable <"$1"' bash "$script")
  end 20
  check "a wrong DDP_TRAIN_CHECKOUT: state" "FAILED 69:0" "$state"
  check_says "a wrong DDP_TRAIN_CHECKOUT: message" "launch: DDP_TRAIN_CHECKOUT=/none: no launch/ of ddp-train on"
  job=$(slurm bash -c 'cd "$3" && sbatch --parsable --output "$2/ddp-train-%j.out" <"$1"' bash "$script" \
    "$cluster/jobs" "$checkout")
  end 20
  check_says "the folder of sbatch is a checkout" "launch: --checkpoint-dir FOLDER is missing"
}

test_jobs() {
  plain 2 --steps 200
  submit ck-plain --ntasks 2 -- --steps 200
  end 40
  check "a job with two tasks: its end" "COMPLETED 0:0" "$state"
  check "a job with two tasks: its ranks" "2 ranks on 1 host" "$(ranks_in "$err")"
  check "a job with two tasks: the hash of plain mpirun" "$reference" "$(hash_in "$err")"
  check_says "a job begins by itself" "resumed    no checkpoint in ck-plain yet, a fresh start"
  submit ck-plain -- --steps 200
  end 40
  check_says "a finished run: nothing is left to do" "from step 200"
  check "a finished run: its ranks without --ntasks, and its hash" "1 rank on 1 host $reference" \
    "$(ranks_in "$err") $(hash_in "$err")"

  check "a task has a core of its own" 0:0:*:1 "$(property NtasksPerN:B:S:C)"

  # A whole node, nobody said how many tasks: one a physical core, though Slurm counts two CPUs.
  on_machine 0,1 ck-core --exclusive
  check "--exclusive: hardware threads of one core are one rank" "COMPLETED 0:0 1 rank on 1 host" "$state $(ranks_in "$err")"
  on_machine '0 1' ck-cores --exclusive
  check "--exclusive: two cores are two ranks" "COMPLETED 0:0 2 ranks on 1 host" "$state $(ranks_in "$err")"
  on_machine 0,1 ck-many --ntasks 2
  check "more tasks than cores" "COMPLETED 0:0 2 ranks on 1 host" "$state $(ranks_in "$err")"
  check_says "more tasks than cores: a word about it" ": 2, physical cores: 1: oversubscribed, not bound, and slow"
}

# on_machine "CPUS-OF-A-CORE…" FOLDER SBATCH-OPTION…: a short job on a node whose CPUs are said to be these.
on_machine() {
  local -a cores
  read -ra cores <<<"$1"
  # hwloc's own variables; the second says that it is this machine all the same.
  export HWLOC_SYNTHETIC="core:${#cores[@]} pu:$((2 / ${#cores[@]}))" HWLOC_THISSYSTEM=1
  submit "${@:2}" -- --steps 20
  unset HWLOC_SYNTHETIC HWLOC_THISSYSTEM
  end 40
}

# check_kept NAME FOLDER: the run was interrupted behind some step, and its one checkpoint is of that step.
check_kept() {
  interrupted=$(steps_interrupted "$err")
  check "$1: a checkpoint of the last step" "$(checkpoint_of "${interrupted:-0}")" "$(ls "$cluster/jobs/$2")"
}

# What Slurm does before the time limit. There may be no such job.
warn() { slurm scancel --signal USR1 --batch "$job" 2>/dev/null || true; }

# check_resumes NAME FOLDER: another submission goes on at the step that was interrupted. It ends by the user's hand.
check_resumes() {
  submit "$2" -- "${long[@]}"
  training
  warn
  end 30
  check "$1: then goes on" "$interrupted" "$(resumed_at "$err")"
  check "SIGUSR1 by hand: state" "FAILED 130:0" "$state"
  check_says "SIGUSR1 by hand: message" "launch: SIGUSR1, the warning before the time limit (exit code 130); the newest \
checkpoint in $2 is of step $(steps_interrupted "$err")"
  check_says "SIGUSR1 by hand: what next" "launch: the same sbatch line goes on from there"
}

long=(--steps 20000000 --log-every 20)

test_cancel() {
  submit ck-cancel --ntasks 2 -- "${long[@]}"
  training
  slurm scancel "$job"
  end 30
  check "scancel: state" "CANCELLED 130:0" "$state"
  check_kept scancel ck-cancel
  check_says "scancel: message" "launch: the job was cancelled or preempted (exit code 130); the newest checkpoint in \
ck-cancel is of step $interrupted"
  check_says "scancel: what next" "launch: the same sbatch line goes on from there (Slurm itself queues a preempted job again)"
  check_resumes scancel ck-cancel
}

# A killed rank is no warning: only the regular checkpoints are there. Without --again the user submits again.
test_killed_rank() {
  submit ck-killed --ntasks 2 -- --again "${long[@]}" --checkpoint-every 20
  await 40 compgen -G "$cluster/jobs/ck-killed/step-*" >/dev/null
  signal_ranks KILL
  await 40 says 'resumed    from step ' || true
  err=$(output)
  check_says "a killed rank: message" "launch: a rank was killed (exit code 137); the newest checkpoint in ck-killed is of step "
  check_says "a killed rank: --again" "launch: queueing job $job again, to go on from there"
  check "a killed rank: goes on" "$(sed -n 's/.*ck-killed is of step \([0-9]*\)$/\1/p' <<<"$err")" "$(resumed_at "$err")"
  slurm scancel "$job"
  end 30
  check "scancel: --again does not hold against it" "CANCELLED 130:0" "$state"
}

# A job of a partition with higher priority takes the node.
test_preemption() {
  local low
  submit ck-low --ntasks 2 -- "${long[@]}"
  low=$job
  training
  submit ck-high --ntasks 2 --partition high -- --steps 20
  end 40
  check "preemption: the other job" "COMPLETED 0:0" "$state"
  job=$low
  await 60 says 'resumed    from step ' || true
  warn
  end 30
  check "preemption: queued again by Slurm" 1 "$(property Restarts)"
  interrupted=$(steps_interrupted "$err" | head -1)
  check "preemption: goes on behind the last step" "${interrupted:-interrupted}" "$(resumed_at "$err")"
}
