# shellcheck shell=bash
# Requests to end, in order and in disorder. Sourced by run.

# check_ends_in_order NAME CODE: in time, with a checkpoint and a final record of one and the same step.
check_ends_in_order() {
  local name=$1
  check "$name: exit code" "$2" "$code"
  check_within "$name: ends in time" 15
  check_nothing_left "$name"
  check_kept "$name" "$before"
  check "$name: the last step is saved" "$(sed -nE 's/.*"type": "final", "steps": ([0-9]+),.*/\1/p' "$metrics")" "$(saved)"
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

# Numbers of the signals that are to stop a run when somebody sends them: all there are but those that end no process, that
# say the program itself is broken, and KILL.
requests() {
  local number name
  for number in {1..31} {34..64}; do
    name=$(signal_name "$number")
    case ${name#SIG} in
    CHLD | CONT | STOP | TSTP | TTIN | TTOU | URG | WINCH | KILL) ;;
    SEGV | BUS | ILL | FPE | ABRT | TRAP | SYS) ;;
    *) echo "$number" ;;
    esac
  done
}

# As the program says it.
signal_name() { if (($1 < 34)); then echo "SIG$(kill -l "$1")"; else echo "SIGRTMIN+$(($1 - 34))"; fi; }

# handled PID: numbers of the signals that a process has handlers for. Before its first instruction: none.
handled() {
  local mask number
  mask=0x$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status" 2>/dev/null || true)
  [[ $mask != 0x ]] || return 0
  for number in {1..64}; do
    if (((mask >> (number - 1)) & 1)); then echo "$number"; fi
  done
}

# Open MPI and Swift's runtime have handlers of their own for a broken program; 32 and 33 are the C library's.
signals_caught() {
  local pid expected
  expected=$(requests)
  begin_run caught
  train_for_a_while 2
  for pid in $(ranks); do
    check "signals caught while training" "$expected" "$(handled "$pid" | grep -vxE '4|5|6|7|8|11|31|32|33' | sort -n)"
    kill -HUP "$pid"
  done
  finish 20
  # Open MPI 5 calls it an end in order.
  check "SIGHUP to all ranks: exit code" "$( ((open_mpi < 5)) && echo 130 || echo 0)" "$code"
}

# start_alone OPTION…: a run without mpirun, in the background, with nothing ignored.
start_alone() {
  : >"$work/err"
  env --default-signal "$program" "${model[@]}" --checkpoint-dir "$folder" --checkpoint-every 20 --checkpoint-keep "$keep" \
    --metrics "$metrics" "$@" >"$work/out" 2>"$work/err" </dev/null &
  job=$!
}

# check_stopped NAME NUMBER: the run that has just ended has kept its last step, and comes to the end it would have had.
check_stopped() {
  local step
  check "$1: exit code" 130 "$code"
  step=$(sed -nE 's/^interrupted after step ([0-9,]+) .*/\1/p' "$work/out")
  check "$1: the last step is saved" "$((10#0${step//,/}))" "$(saved)"
  check "$1: it says by what" yes "$([[ $err == *"stopped by $(signal_name "$2")"* ]] && echo yes || echo "$err")"
  [[ -n $step ]] || return 0
  start_alone --resume
  finish 60
  check "$1: it resumes" "0 $whole" "$code $(ending "$metrics")"
}

# signalled_at NUMBER MILLISECONDS: a lone run gets a signal so long after its start.
signalled_at() {
  local name catches
  name="$(signal_name "$1") after $2 ms"
  begin_run moment
  start_alone
  sleep "$(printf '0.%03d' "$2")"
  catches=$(handled "$job" | grep -xc "$1" || true)
  kill -s "$1" "$job" 2>/dev/null || true
  finish 20
  if [[ $code == 0 ]]; then
    check "$name, after the end" "$whole" "$(ending "$metrics")"
  elif ((catches == 0 && code == 128 + $1)); then
    # The system loads the program: its default ended what had not begun.
    check "$name, before the program's first instruction: nothing is begun" 0 "$(saved)"
  else
    check_stopped "$name" "$1"
  fi
}

# Each signal at one of 40 moments between 0 and 400 ms.
signals_alone() {
  local number moment=$seed
  for number in $(requests); do
    signalled_at "$number" $((moment++ % 40 * 10))
  done
}

# Each at all of them.
signals_everywhere() {
  local number moment
  for number in $(requests); do
    for moment in {0..39}; do signalled_at "$number" $((moment * 10)); done
  done
}

# The moments are those after a rank's handlers stand: mpirun starts ranks when it likes.
signals_to_a_rank() {
  local number target=0 moment=0 name
  for number in 1 2 3 10 12 14 15 24 26 27 29 30 34 64; do
    name="$(signal_name "$number") to rank $target $moment ms after its first instruction"
    begin_run moment
    start 2 --checkpoint-every 20
    until handled "$(rank "$target")" | grep -qx "$number"; do kill -0 "$job" 2>/dev/null || break; done
    sleep "$(printf '0.%03d' "$moment")"
    kill -s "$number" "$(rank "$target")" 2>/dev/null || true
    finish 20
    if [[ $code == 0 ]]; then
      check "$name, after the end" "$whole" "$(ending "$metrics")"
    else
      check_stopped "$name" "$number"
    fi
    check_nothing_left "$name"
    target=$((1 - target)) moment=$(((moment + 31) % 400))
  done
}
