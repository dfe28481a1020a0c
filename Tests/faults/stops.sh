# shellcheck shell=bash
# Ranks that stop without ending. Sourced by run.

# A stopped rank is nothing to mpirun. It goes on where it was.
rank_stopped_and_continued() {
  local pid
  begin_run paused
  train_for_a_while 2
  pid=$(rank 1)
  kill -STOP "$pid"
  sleep 3
  check "a stopped rank: the job waits" yes "$(kill -0 "$job" 2>/dev/null && echo yes)"
  before=$(saved)
  sleep 1
  check "a stopped rank: nothing is saved meanwhile" "$before" "$(saved)"
  kill -CONT "$pid"
  finish 120
  check "continued: exit code" 0 "$code"
  check "continued: the end of the run without a fault" "$whole" "$(ending "$metrics")"
  check_nothing_left "continued"
}

# Without end, but for mpirun's own limit. Which processes stay stopped does not matter.
rank_stopped() {
  mpirun_options=(--timeout 10)
  begin_run stopped
  train_for_a_while 2
  mpirun_options=()
  kill -STOP "$(rank $((RANDOM % 2)))"
  finish 30
  check "a rank that stays stopped, mpirun --timeout: exit code" "$( ((open_mpi < 5)) && echo 110 || echo 241)" "$code"
  check_says "a rank that stays stopped, mpirun --timeout: message" "time limit"
  check_nothing_left "a rank that stays stopped"
  check_kept "a rank that stays stopped" "$before"
  check_resumes "a rank that stays stopped" 1 "$before"
}
