# shellcheck shell=bash
# What the soak counts. Sourced by soak.

runs=0 finished_runs=0 kills=0 lost=0 damaged_files=0 hangs=0 longest=0 resumes=0 from_nothing=0 identical=0 others=0
supervised_runs=0 supervised_kills=0
again=()       # ms from a killed rank to the first new checkpoint, started again by hand
supervised=()  # ms from any killed process to training again, started again by launch/supervise
declare -A faults=()

# expect WHAT EXPECTED ACTUAL: complains, and counts it.
expect() {
  [[ $2 != "$3" ]] || return 0
  others=$((others + 1))
  printf 'WRONG in run %s: %s\n  expected: %s\n  got:      %s\n  %s\n' "$runs" "$1" "$2" "$3" "$(tail -5 <<<"$err")"
}

# count_fault FAULT STEP: after the end of a job. STEP had been saved before it.
count_fault() {
  local bad
  faults[$1]=$((${faults[$1]:-0} + 1))
  story+=" $1 of $ranks at $2"
  case $1 in asked | mpirun_asked | stopped) ;; *) kills=$((kills + 1)) ;; esac
  if [[ $code == not\ gone* ]]; then
    hangs=$((hangs + 1))
    echo "HANG in run $runs: $1 of $ranks ranks: $code"
  fi
  ((took <= longest)) || longest=$took
  if (($(saved) < $2)); then
    lost=$((lost + 1))
    echo "LOST in run $runs: step $2 was saved, and now there is $(saved)"
  fi
  bad=$(damaged)
  if [[ -n $bad ]]; then
    damaged_files=$((damaged_files + $(wc -l <<<"$bad")))
    echo "DAMAGED in run $runs after $1: $bad"
  fi
}

# After a copy of the run has gone on to its end.
count_resume() {
  resumes=$((resumes + 1))
  [[ -n $(resumed_from) ]] || from_nothing=$((from_nothing + 1))
  if has_right_end; then identical=$((identical + 1)); fi
}

has_right_end() {
  local end
  end=$(ending "$metrics")
  [[ $code != 0 || $end != "$whole" || -n $(compgen -G "$folder/*.damaged") ]] || return 0
  expect "a resumed run's end" "exit code 0 $whole" "exit code $code $end $(compgen -G "$folder/*.damaged" || true)"
  return 1
}

# times MILLISECONDS…
times() {
  (($#)) || return 0
  printf '%s\n' "$@" | sort -n | awk '{ t[NR] = $1 }
    $1 > 5000 { slow++ }
    END { printf "%d times: median %d ms, worst %d ms, %d over 5 s", NR, t[int((NR + 1) / 2)], t[NR], slow }'
}

print_counts() {
  local fault list=''
  for fault in rank all mpirun full continued stopped asked mpirun_asked; do
    list+=", ${faults[$fault]:-0} $fault"
  done
  echo
  echo "seed       $seed"
  echo "runs       $runs of $steps steps, $finished_runs of them finished"
  echo "faults     ${list#, }"
  echo "kills      $kills"
  echo "lost       $lost"
  echo "damaged    $damaged_files"
  echo "hangs      $hangs over 15 s; the slowest job was gone after $longest ms"
  echo "resumes    $resumes, $from_nothing of them from the beginning; $identical ended with the bits of a run without faults"
  echo "again      from a killed rank to the first new checkpoint, $(times "${again[@]}")"
  echo "supervised $supervised_runs of the runs, $supervised_kills of the kills; from a kill to training again, $(times "${supervised[@]}")"
  echo "wrong      $others"
  echo "time       $((($(now) - began) / 1000)) s"
}

is_as_it_should_be() { ((lost + damaged_files + hangs + others == 0 && identical == resumes)); }
