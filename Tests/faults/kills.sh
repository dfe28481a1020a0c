# shellcheck shell=bash
# Processes that are killed. Sourced by run.

# Two or three moments each: one is luck.
rank_killed() {
  local ranks victim name
  for ranks in 2 3 4; do
    victim=$((RANDOM % ranks))
    name="rank $victim of $ranks killed"
    begin_run killed
    train_for_a_while "$ranks"
    since=$(now)
    kill -KILL "$(rank "$victim")"
    finish 15
    check "$name: exit code" 137 "$code"
    err=${err//$'\n'/ } # Open MPI 5 breaks its lines
    check_says "$name: message" "exited on signal 9 (Killed)"
    check_within "$name: ends in time" 10
    check_nothing_left "$name"
    check_kept "$name" "$before"
    check_resumes "$name" $((ranks % 3 + 1)) "$before"
  done
}

# Before there is anything to keep: while MPI starts, while files are read, in the first steps.
rank_killed_at_the_start() {
  local delay ranks
  begin_run early
  for delay in 0.1 0.4 0.8; do
    start 2 --checkpoint-every 20 --resume
    sleep "$delay"
    before=$(saved)
    ranks=$(ranks)
    since=$(now)
    # shellcheck disable=SC2086  # numbers
    kill -KILL ${ranks:-$job} 2>/dev/null || true
    finish 15
    check_within "killed after $delay s: ends in time" 10
    check_kept "killed after $delay s" "$before"
    sweep_room
  done
  check_resumes "killed at the start" 1 0
}

mpirun_killed() {
  begin_run mpirun
  train_for_a_while 2
  since=$(now)
  kill -KILL "$job"
  finish 15
  check "mpirun killed: exit code" 137 "$code"
  check_within "mpirun killed: ends in time" 10
  # Nobody is there to remove Open MPI's own: see launch/supervise.
  check_nothing_left "mpirun killed" '/(vader|sm)_segment\.|/(ompi|prterun)\.'
  check_kept "mpirun killed" "$before"
  sweep_room
  check_resumes "mpirun killed" 3 "$before"
}

# As when memory runs out for all.
all_ranks_killed() {
  begin_run all
  train_for_a_while 3
  since=$(now)
  # shellcheck disable=SC2046  # numbers
  kill -KILL $(ranks)
  finish 15
  check "all ranks killed: exit code" 137 "$code"
  err=${err//$'\n'/ }
  check_says "all ranks killed: message" "exited on signal 9 (Killed)"
  check_within "all ranks killed: ends in time" 10
  check_nothing_left "all ranks killed" '/(vader|sm)_segment\.'
  check_kept "all ranks killed" "$before"
  sweep_room
  check_resumes "all ranks killed" 2 "$before"
}
