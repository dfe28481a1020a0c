# shellcheck shell=bash
# Random runs, and what happens to them. Sourced by soak.

# These set a variable instead of printing: in a subshell RANDOM goes ways of its own.
# one_of WORD…: sets chosen.
one_of() { chosen=${*:1 + RANDOM % $#:1}; }
# below N: a random number from 0 to N - 1, into drawn.
below() { drawn=$(((RANDOM * 32768 + RANDOM) % $1)); }
# rest MILLISECONDS: sleeps shorter than that.
rest() {
  below "$1"
  sleep "$(printf '%d.%03d' $((drawn / 1000)) $((drawn % 1000)))"
}

# Every fourth run has a file system of its own, which can be full.
new_run() {
  runs=$((runs + 1)) finished='' story=''
  set_model "$RANDOM" "$steps"
  run_whole 1
  begin_run run
  small=''
  if ((RANDOM % 4 == 0)); then
    small=yes
    mkdir "$folder"
    mount -t tmpfs -o size=3m tmpfs "$folder"
  fi
}

end_run() {
  echo "run $runs:${story:- nothing happened}${finished:+; finished}"
  [[ -z $small ]] || umount --lazy "$folder"
}

# Strategies whose result is the same on any number of ranks; the second time as if on two hosts.
choose_way() {
  ranks=$((1 + RANDOM % 4))
  one_of 1 7 20 50 200 0.02s 0.1s 0.5s
  options=(--checkpoint-every "$chosen" --resume)
  keep=$((1 + RANDOM % 4))
  nodes=
  ((ranks == 1)) || case $((RANDOM % 4)) in
  0) options+=(--sync shared) ;;
  1) options+=(--sync hierarchical) ;;
  2) options+=(--sync hierarchical) && nodes=1,$((ranks - 1)) ;;
  esac
}

# A job from where the run is to a random moment: of the start, or of the training.
one_attempt() {
  local ranks nodes fault before
  local -a options
  choose_way
  one_of rank rank rank rank rank rank rank all mpirun mpirun asked mpirun_asked stopped continued full full
  fault=$chosen
  if [[ $fault == full && -z $small ]]; then fault=rank; fi
  DDP_TRAIN_TEST_NODES=$nodes start "$ranks" "${options[@]}"
  if ((RANDOM % 4 == 0)); then
    rest 1500
  else
    before=$(saved)
    # Not so near to the end that the job is mostly faster.
    below $(((steps - before) * 4 / 5 + 1))
    until_saved $((before + 1 + drawn)) || true
    rest 60
  fi
  before=$(saved)
  if ! kill -0 "$job" 2>/dev/null || ((before >= steps)); then
    without_fault
    return
  fi
  since=$(now)
  "fault_$fault"
  finish 15
  rm -f "$folder/filling"
  count_fault "$fault" "$before"
  sweep_room
  resume_copy "$fault" "$took"
}

# A job that was faster than its fault.
without_fault() {
  finish 60
  finished=yes
  finished_runs=$((finished_runs + 1))
  expect "a finished run's exit code" 0 "$code"
  expect "a finished run's end" "$whole" "$(ending "$metrics")"
}

# victim: one of the job's ranks; before there are any, mpirun.
victim() {
  local -a all
  read -ra all <<<"$(ranks)"
  one_of "${all[@]:-$job}"
}

fault_rank() {
  victim
  kill -KILL "$chosen" 2>/dev/null || true
}

fault_all() {
  local all
  all=$(ranks)
  # shellcheck disable=SC2086  # numbers
  kill -KILL ${all:-$job} 2>/dev/null || true
}

# bash tells of a job that was killed, some time later.
fault_mpirun() {
  { kill -KILL "$job" && sleep 0.1; } 2>/dev/null
}

fault_asked() {
  local target
  victim
  target=$chosen
  one_of TERM USR1 INT
  kill -s "$chosen" "$target" 2>/dev/null || true
}

fault_mpirun_asked() {
  one_of TERM USR1 INT
  kill -s "$chosen" "$job"
}

# And what launch/supervise does to a job that hangs. mpirun itself may be the one that is stopped.
fault_stopped() {
  local _
  victim
  kill -STOP "$chosen" 2>/dev/null || true
  sleep 1
  kill -TERM "$job"
  for _ in {1..100}; do
    kill -0 "$job" || return 0
    sleep 0.1
  done 2>/dev/null
  { kill -KILL "$job" && sleep 0.1; } 2>/dev/null
}

fault_continued() {
  local stopped
  victim
  stopped=$chosen
  kill -STOP "$stopped" 2>/dev/null || true
  rest 1000
  kill -CONT "$stopped" 2>/dev/null || true
  rest 100
  since=$(now)
  fault_rank
}

# Checkpoints fail for a while, then a rank goes too.
fault_full() {
  dd if=/dev/zero of="$folder/filling" bs=4k 2>/dev/null || true
  rest 300
  since=$(now)
  fault_rank
}

# Goes on with a copy of the folder to the end, on any number of ranks.
resume_copy() { # FAULT MILLISECONDS-UNTIL-THE-JOB-WAS-GONE
  local ranks nodes from own_folder=$folder own_metrics=$metrics start
  local -a options
  choose_way
  from=$(saved)
  folder=$work/copy metrics=$work/copy.metrics
  rm -rf "$folder" "$metrics"
  if [[ -e $own_folder ]]; then cp -r "$own_folder" "$folder"; fi
  if [[ -e $own_metrics ]]; then cp "$own_metrics" "$metrics"; fi
  start=$(now)
  # Every step, so that the first is seen.
  DDP_TRAIN_TEST_NODES=$nodes start "$ranks" "${options[@]}" --checkpoint-every 1
  if until_saved $((from + 1)) && [[ $1 == rank || $1 == all ]]; then again+=($(($2 + $(now) - start))); fi
  finish 120
  count_resume
  folder=$own_folder metrics=$own_metrics
}
