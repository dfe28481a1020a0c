# shellcheck shell=bash
# Requests to end, in order and in disorder. Sourced by run.

# check_ends_in_order NAME CODE: in time, with a checkpoint and a final record of one and the same step.
check_ends_in_order() {
  local name=$1
  check "$name: exit code" "$2" "$code"
  check_within "$name: ends in time" 15
  check_nothing_left "$name"
  check_kept "$name" "$before"
  check "$name: the last step is saved" "$(sed -nE 's/.*"final": true, "steps": ([0-9]+),.*/\1/p' "$metrics")" "$(saved)"
}

# Some schedulers tell every process, and tell it often.
storm() {
  local signal _ pid
  for signal in TERM USR1; do
    begin_run storm
    train_for_a_while 3
    since=$(now)
    for _ in {1..20}; do
      for pid in $(ranks); do kill -s "$signal" "$pid" 2>/dev/null || true; done
      sleep "0.00$((RANDOM % 10))"
    done
    finish 15
    check_ends_in_order "a storm of SIG$signal" 130
    check_resumes "a storm of SIG$signal" 2 "$before"
  done
}

# mpirun passes SIGUSR1 on, and answers SIGTERM and SIGINT with its own code, and with SIGKILL after a time.
mpirun_signalled() {
  local signal
  for signal in USR1 TERM INT; do
    begin_run asked
    mpirun_options=(--mca odls_base_sigkill_timeout 5)
    train_for_a_while 2
    mpirun_options=()
    since=$(now)
    kill -s "$signal" "$job"
    finish 20
    check_ends_in_order "SIG$signal to mpirun" "$([[ $signal == USR1 ]] && echo 130 || echo 1)"
    check_resumes "SIG$signal to mpirun" 1 "$before"
  done
}

# A second Ctrl-C is an order, not a request: the last regular checkpoint is what is left.
interrupted_twice() {
  begin_run twice
  train_for_a_while 2
  since=$(now)
  kill -INT "$job"
  sleep 0.2
  kill -INT "$job" 2>/dev/null || true
  finish 15
  check "Ctrl-C twice: it fails" yes "$( ((code != 0)) && echo yes || echo "$code")"
  check_within "Ctrl-C twice: ends in time" 10
  check_nothing_left "Ctrl-C twice" '/vader_segment\.|/ompi\.'
  check_kept "Ctrl-C twice" "$before"
  sweep_room
  check_resumes "Ctrl-C twice" 2 "$before"
}
