# shellcheck shell=bash
# Runs under launch/supervise, which are killed until they are finished. Sourced by soak.

supervised_run() {
  local ranks nodes before number=0
  local -a options pids
  choose_way
  supervised_runs=$((supervised_runs + 1))
  story=" supervised, $ranks ranks:"
  DDP_TRAIN_TEST_NODES=$nodes supervise --ranks "$ranks" --attempts 1000 --stall 8 -- "${options[@]}" --checkpoint-keep "$keep"
  until enough; do
    before=$(saved)
    below $(((steps - before) * 3 / 4 + 1))
    until_saved $((before + 1 + drawn)) || break
    rest 60
    before=$(saved)
    mapfile -t pids < <(ranks_of_room)
    ((before < steps && ${#pids[@]} == ranks)) || break
    one_of rank rank rank rank all mpirun
    story+=" $chosen at $before"
    case $chosen in
    mpirun) mapfile -t pids < <(launchers) ;;
    rank) one_of "${pids[@]}" && pids=("$chosen") ;;
    esac
    since=$(now)
    kill -KILL "${pids[@]}" 2>/dev/null || true
    number=$((number + 1)) kills=$((kills + 1)) supervised_kills=$((supervised_kills + 1))
    count_restart "$number" "$before"
  done
  since=
  finish 120
  finished=yes
  finished_runs=$((finished_runs + 1))
  has_right_end || true
}

# count_restart N STEP: the N-th, after a kill when STEP had been saved.
count_restart() {
  if until_restarts "$1" 30; then
    supervised+=("$took")
    ((took <= 15000)) || hangs=$((hangs + 1))
    if (($(begun_at) < $2)); then
      lost=$((lost + 1))
      echo "LOST in run $runs: step $2 was saved, and supervise went on at $(begun_at)"
    fi
  elif kill -0 "$job" 2>/dev/null; then
    hangs=$((hangs + 1))
    echo "HANG in run $runs: no training for 30 s after a kill: $(tail -5 "$work/err")"
  fi
}
