# shellcheck shell=bash
# Several hosts, in namespaces of the room: their power, their network, Open MPI's daemons. Sourced by run.

set_name=faults-${RANDOM}
hosts() { "$checkout/launch/namespaces" --name "$set_name" "$@"; }

# Whether hosts can be had; says why not.
has_hosts() {
  local answer
  if answer=$(hosts up nodeA 2>&1); then
    hosts down
    return
  fi
  echo "skipped: no hosts in namespaces: $answer"
  return 1
}

# start_over HOSTS OPTION…: a job over hosts of its own, in the background.
start_over() {
  : >"$work/err"
  "$checkout/launch/namespaces" --name "$set_name" run --hosts "$1" --program "$program" -- "${model[@]}" \
    --checkpoint-dir "$folder" --metrics "$metrics" "${@:2}" >"$work/out" 2>"$work/err" </dev/null &
  job=$!
}

train_over() { # HOSTS
  start_over "$1" --checkpoint-every 20 --resume
  until_saved $((100 + RANDOM % (steps / 3))) || true
  before=$(saved)
}

# lost NAME CODE MESSAGE COMMAND…: a job over two hosts, and what happens to it; then the run goes on with fewer ranks.
lost() {
  local name=$1
  begin_run hosts
  train_over nodeA:2,nodeB:2
  since=$(now)
  "${@:4}"
  finish 30
  check "$name: exit code" "$2" "$code"
  check_says "$name: message" "$3"
  check_within "$name: ends in time" 15
  check_nothing_left "$name"
  check_kept "$name" "$before"
  start_over nodeA:2 --resume
  finish 120
  check "$name, on the host that is left: exit code" 0 "$code"
  check "$name, on the host that is left: from step $before or later" yes \
    "$( (($(resumed_from) >= before)) && echo yes || resumed_from)"
  check "$name, on the host that is left: the end of the run without a fault" "$whole" "$(ending "$metrics")"
  check_nothing_left "$name, on the host that is left"
}

host_lost() {
  has_hosts || return 0
  local answer="the job was ended because of it (exit code 205)"
  lost "a power cut" 205 "launch: host nodeB has lost its power: $answer" hosts kill nodeB
  lost "a cut cable" 205 "launch: host nodeB has lost its link: $answer" hosts cut nodeB
}

daemon_killed() {
  has_hosts || return 0
  lost "a killed daemon" 205 "" kill_one orted
}

rank_on_a_host_killed() {
  has_hosts || return 0
  lost "a rank on a host killed" 137 "exited on signal 9 (Killed)" kill_one "$program"
}

# kill_one COMMAND: one of the room's processes of it, at random.
kill_one() {
  local -a pids
  mapfile -t pids < <(processes_named "$1")
  kill -KILL "${pids[RANDOM % ${#pids[@]}]}"
}
