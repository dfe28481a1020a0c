# shellcheck shell=bash
# Slurm's own warning before a time limit. Sourced by run.

# Slurm looks at limits every 30 s. Stopped ranks do not get to the run's end before that, however fast they are; they
# find the signal when they continue.
test_time_limit() {
  local first again
  local -a run=(--steps 5000 --log-every 20)
  plain 1 "${run[@]}"
  submit ck-first --time 1 -- "${run[@]}"
  first=$job
  training
  signal_ranks STOP
  submit ck-again --time 1 -- --again "${run[@]}"
  again=$job
  training
  signal_ranks STOP
  await 45 warned || true
  signal_ranks CONT

  job=$first
  end 20
  check "time limit: state" "FAILED 130:0" "$state"
  check_kept "time limit" ck-first
  check_says "time limit: message" "launch: SIGUSR1, the warning before the time limit (exit code 130); the newest \
checkpoint in ck-first is of step $interrupted"
  check_says "time limit: what next" "launch: the same sbatch line goes on from there"
  check "time limit: half way" yes "$( ((interrupted > 0 && interrupted < 5000)) && echo yes || echo "$interrupted")"
  submit ck-first --ntasks 2 --dependency "afternotok:$first" -- "${run[@]}"
  end 60
  check "second submission, on two ranks: its end" "COMPLETED 0:0 2 ranks on 1 host" "$state $(ranks_in "$err")"
  check "second submission: goes on" "$interrupted" "$(resumed_at "$err")"
  check "second submission: the bits of an uninterrupted run" "$reference" "$(hash_in "$err")"

  job=$again
  end 60
  check "--again: its end" "COMPLETED 0:0" "$state"
  check "--again: one job, started again" yes "$( (($(property Restarts) > 0)) && echo yes || echo no)"
  check_says "--again: says so" "launch: queueing job $job again, to go on from there"
  check "--again: goes on" "$(steps_interrupted "$err")" "$(resumed_at "$err")"
  check "--again: the bits of an uninterrupted run" "$reference" "$(hash_in "$err" | tail -1)"

  # A run that does nothing between two warnings must not be queued for ever.
  submit ck-first -- --again "${run[@]}" --metrics /dev/null/none
  end 30
  check_says "--again: not after a failure without a step" "launch: no step was done since the job started: it is not queued again"
  check "--again: not after a failure without a step: state" "FAILED 1:0" "$state"
}
