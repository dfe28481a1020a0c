# shellcheck shell=bash
# launch/supervise, which starts a job again. Sourced by run, and by soak.

# supervise OPTION… -- OPTION…: the run under it, in the background: its options, then further ones of the program.
supervise() {
  local -a own=()
  while [[ $1 != -- ]]; do
    own+=("$1")
    shift
  done
  : >"$work/err"
  "$checkout/launch/supervise" "${own[@]}" --program "$program" -- "${model[@]}" --checkpoint-dir "$folder" \
    --metrics "$metrics" "${@:2}" >"$work/out" 2>"$work/err" </dev/null &
  job=$!
}

# The ranks that run in the room, whoever started them.
ranks_of_room() { processes_named "$program"; }

# How often the job has been started again and trained.
restarts() { grep -c "training again at step" "$work/err" || true; }

# until_restarts N SECONDS: waits for that, and sets took, from $since.
until_restarts() {
  while kill -0 "$job" && (($(now) - since < $2 * 1000)); do
    if (($(restarts) >= $1)); then
      took=$(($(now) - since))
      return 0
    fi
    sleep 0.02
  done 2>/dev/null
  took=$(($(now) - since))
  return 1
}

check_supervised_end() { # NAME
  since=
  finish 120
  check "$1: exit code" 0 "$code"
  check "$1: the end of the run without a fault" "$whole" "$(ending "$metrics")"
  # Nobody removes what a killed mpirun leaves but supervise.
  check_nothing_left "$1"
}

supervised_kills() {
  local what victim number=0
  local -a pids
  begin_run watched
  supervise --ranks 2 --attempts 9 -- --checkpoint-every 20
  for what in rank mpirun rank all; do
    until_saved $((number * 400 + 100)) || true
    before=$(saved)
    case $what in
    mpirun) mapfile -t pids < <(launchers) ;;
    *) mapfile -t pids < <(ranks_of_room) ;;
    esac
    if [[ $what == rank ]]; then pids=("${pids[RANDOM % ${#pids[@]}]}"); fi
    since=$(now)
    kill -KILL "${pids[@]}"
    number=$((number + 1))
    until_restarts "$number" 15 || true
    check "supervised, $what killed: training again" "$number" "$(restarts)"
    check_within "supervised, $what killed: ends in time" 5
    check "supervised, $what killed: from what was saved" yes "$( (($(begun_at) >= before)) && echo yes || begun_at)"
  done
  check_supervised_end "supervised, killed four times"
}

# A sweep loses the trials that were under way, and no other; its results are those of a sweep without a fault.
supervised_sweep() {
  local results=$work/sweep.jsonl whole_sweep=$work/whole.jsonl number ended
  local -a grid=(sweep --d-model 16 --batch 16 --learning-rate 0.002 0.003 0.004 0.006 0.008 0.012 --steps 20000 --seeds 2)
  rm -f "$results" "$whole_sweep"
  "$program" "${grid[@]}" --results "$whole_sweep" --progress never >"$work/out"
  : >"$work/err"
  "$checkout/launch/supervise" --ranks 2 --attempts 2 --program "$program" -- "${grid[@]}" --results "$results" \
    --progress never >"$work/out" 2>"$work/err" </dev/null &
  job=$!
  for number in 1 2 3; do
    while kill -0 "$job" 2>/dev/null && (($(trials_of "$results" | wc -l) < 3 * number)); do sleep 0.05; done
    since=$(now)
    kill -KILL "$(ranks_of_room | head -n 1)"
    until_restarts "$number" 15 || true
    check "a sweep, supervised, killed: training again" "$number" "$(restarts)"
  done
  since=
  finish 120
  check "a sweep, supervised: exit code" 0 "$code"
  ended=$(trials_of "$results")
  check "a sweep, supervised: every trial once" 12 "$(wc -l <<<"$ended")"
  check "a sweep, supervised: the results of one without a fault" "$(trials_of "$whole_sweep")" "$ended"
  check_nothing_left "a sweep, supervised"
}

# What does not depend on time or order.
trials_of() {
  python3 - "$1" <<'END'
import json, sys

keys = ("learning_rate", "seed", "steps", "training_loss", "held_out_loss", "parameters_hash")
try:
    # The last line may be under way.
    lines = open(sys.argv[1]).read().split("\n")[:-1]
except FileNotFoundError:
    lines = []
records = [record for record in map(json.loads, lines) if record["type"] == "trial"]
for line in sorted(json.dumps([record[key] for key in keys]) for record in records):
    print(line)
END
}

begun_at() { sed -nE 's/.*training again at step ([0-9]+) on .*/\1/p' "$work/err" | tail -1; }

supervised_stop() {
  local victim
  begin_run hung
  supervise --ranks 2 --stall 7 -- --checkpoint-every 20
  until_saved 100
  victim=$(ranks_of_room | tail -1)
  since=$(now)
  kill -STOP "$victim"
  until_restarts 1 30 || true
  err=$(<"$work/err")
  # What is woken to be ended may come to its end first.
  check "a stopped rank, supervised: training again, or finished" yes "$( (($(restarts) == 1)) || ! kill -0 "$job" 2>/dev/null && echo yes)"
  check_within "a stopped rank, supervised: ends in time" 20
  check_says "a stopped rank, supervised: what is wrong" "launch: nothing has moved for"
  check_says "a stopped rank, supervised: it is named" "(process $victim on "
  check_says "a stopped rank, supervised: why" "gives no sign of life since step"
  check_supervised_end "a stopped rank, supervised"
}

# mpirun that does not notice that all its ranks are gone: seen, though seldom, after a kill.
supervised_mpirun_deaf() {
  begin_run deaf
  supervise --ranks 2 --stall 300 -- --checkpoint-every 20
  until_saved 100
  since=$(now)
  # shellcheck disable=SC2046  # numbers
  kill -STOP $(launchers)
  # shellcheck disable=SC2046
  kill -KILL $(ranks_of_room)
  until_restarts 1 40 || true
  err=$(<"$work/err")
  check "mpirun that is deaf, supervised: training again" 1 "$(restarts)"
  check_within "mpirun that is deaf, supervised: ends in time" 30
  check_says "mpirun that is deaf, supervised: why" "launch: no rank has said anything for 10 s"
  check_supervised_end "mpirun that is deaf, supervised"
}

supervised_host_lost() {
  has_hosts || return 0
  begin_run fewer
  hosts up nodeA nodeB
  supervise --namespaces "$set_name" --hosts nodeA:2,nodeB:2 -- --checkpoint-every 20
  until_saved 100
  since=$(now)
  hosts kill nodeB
  until_restarts 1 40 || true
  err=$(<"$work/err")
  check "a host lost, supervised: training again" 1 "$(restarts)"
  check_within "a host lost, supervised: ends in time" 30
  check_says "a host lost, supervised: fewer ranks" " on 2 ranks, "
  since=
  while kill -0 "$job" 2>/dev/null; do sleep 0.1; done
  hosts down
  check_supervised_end "a host lost, supervised"
}

# Hosts that are groups of ranks, one of which loses its power: the other goes on alone, and says what that changes.
supervised_groups() {
  local deadline
  has_hosts || return 0
  begin_run groups
  hosts up nodeA nodeB
  supervise --namespaces "$set_name" --hosts nodeA:2,nodeB:2 -- --checkpoint-every 20 --sync-every 8
  until_saved 100
  since=$(now)
  hosts kill nodeB
  until_restarts 1 40 || true
  check "groups, a host lost, supervised: training again" 1 "$(restarts)"
  check_within "groups, a host lost, supervised: ends in time" 30
  since=
  deadline=$(($(now) + 120000))
  while kill -0 "$job" 2>/dev/null && (($(now) < deadline)); do sleep 0.1; done
  hosts down
  finish 30
  check "groups, a host lost, supervised: exit code" 0 "$code"
  check_says "groups, a host lost, supervised: what that changes" "the run had 2 groups of ranks and goes on with 1"
  check "groups, a host lost, supervised: all steps" "$steps" "$(saved)"
  check_nothing_left "groups, a host lost, supervised"
}

# Every start is killed before it has saved anything.
supervised_in_vain() {
  local number
  begin_run vain
  supervise --ranks 2 --attempts 3 -- --checkpoint-every 1000000
  # A start that is killed before it has begun to train is not yet one without progress.
  for number in {1..6}; do
    kill -0 "$job" 2>/dev/null || break
    until_begun "$number"
    # shellcheck disable=SC2046  # numbers
    kill -KILL $(ranks_of_room) 2>/dev/null || true
    sleep 0.3
  done
  finish 30
  check "killed again and again, supervised: exit code" 137 "$code"
  check_says "killed again and again, supervised: message" "giving up after 3 failures without progress"
  check_nothing_left "killed again and again, supervised"
}

# A disk that answers after more than twice the time in which something must move, when all steps are done.
supervised_slow_disk() {
  local below=$work/slow device
  begin_run patient
  mkdir "$below" "$folder"
  mount -t tmpfs -o size=80m tmpfs "$below"
  truncate -s 64m "$below/disk"
  if ! mkfs.ext4 -q "$below/disk" 2>/dev/null || ! device=$(losetup --show -f "$below/disk" 2>/dev/null); then
    echo "skipped: a slow disk: no loop device or no mkfs.ext4"
    umount "$below"
    return
  fi
  mount "$device" "$folder"
  supervise --ranks 2 --stall 5 -- --checkpoint-every 20
  until_saved 100
  fsfreeze -f "$folder"
  until_says "waiting for the disk" || until_says "waiting for the disk" || true
  sleep 12
  fsfreeze -u "$folder"
  check_supervised_end "a slow disk, supervised"
  err=$(<"$work/err")
  check "a slow disk, supervised: the job is not ended" 0 "$(restarts)"
  check "a slow disk, supervised: nothing is said against it" '' "$(grep "nothing has moved" "$work/err" || true)"
  check_says "a slow disk, supervised: what is waited for" "waiting for the disk: checkpoint $folder/step-"
  umount "$folder"
  losetup -d "$device"
  umount "$below"
}

# Stops all ranks while something is done to them.
while_room_paused() { # COMMAND…
  local -a all
  mapfile -t all < <(ranks_of_room)
  kill -STOP "${all[@]}"
  "$@"
  kill -CONT "${all[@]}"
}

# The pauses before starts that followed a full disk, in seconds.
pauses() { sed -nE 's/.*a disk is full.*: starting it again in ([0-9]+) s.*/\1/p' "$work/err" | paste -sd ' '; }

# A run trains to its end without its disk, and its last checkpoint is then missing.
supervised_full_disk() {
  begin_run supervised_full
  mount_folder
  supervise --ranks 2 --attempts 1 -- --checkpoint-every 20 --checkpoint-keep "$keep"
  until_saved 100 || true
  while_room_paused fill "$folder"
  before=$(saved)
  until_says "starting it again in 4 s" || true
  # The second start begins later than the first one, which is progress.
  check "a full disk, supervised: it waits, longer each time" "1 1 2 4" "$(pauses)"
  check_kept "a full disk, supervised" "$before"
  check "a full disk, supervised: from what was saved" yes "$( (($(begun_at) >= before)) && echo yes || begun_at)"
  rm "$folder/filling"
  check_supervised_end "a full disk, supervised"
  check_says "a full disk, supervised: why" "No space left on device"
  check_kept "a full disk, supervised, at the end" "$steps"
  check "a full disk, supervised: no more is said against it" "1 1 2 4" "$(pauses)"
  umount "$folder"
}

# A folder that nobody may write to: from the start, on a file system that is read only, and in the middle of a run.
supervised_unwritable() {
  begin_run supervised_frozen
  mount_folder
  mount -o remount,ro "$folder"
  supervise --ranks 2 -- --checkpoint-every 20
  finish 60
  check_one_start "a read-only disk, supervised"
  check_says "a read-only disk, supervised: why" "Read-only file system"
  check "a read-only disk, supervised: it is said once" 1 "$(grep -c "Read-only file system" "$work/err" || true)"
  umount "$folder"
  if ! chattr +i "$folder" 2>/dev/null || ! chattr -i "$folder"; then
    echo "skipped: a folder that becomes unwritable, supervised: this file system knows no chattr +i"
    return
  fi
  supervise --ranks 2 -- --checkpoint-every 20 --checkpoint-keep "$keep"
  until_saved 100 || true
  while_room_paused chattr +i "$folder"
  before=$(saved)
  finish 120
  check_one_start "a folder that becomes unwritable, supervised"
  check_says "a folder that becomes unwritable, supervised: why" "Operation not permitted"
  check "a folder that becomes unwritable, supervised: the last word" \
    "launch: not started again: a file or folder may not be read or written; see above which, and whose it is" \
    "$(tail -1 "$work/err")"
  check_kept "a folder that becomes unwritable, supervised" "$before"
  chattr -i "$folder"
  supervise --ranks 2 -- --checkpoint-keep "$keep"
  check_supervised_end "a folder that becomes unwritable, supervised again"
}

check_one_start() { # NAME
  check "$1: exit code" 1 "$code"
  check "$1: it is not started again" "0 0" "$(restarts) $(grep -c "starting it again" "$work/err" || true)"
  check_nothing_left "$1"
}

# until_begun N: waits until there are ranks, and N - 1 starts before them have failed.
until_begun() {
  local _
  for _ in {1..200}; do
    if (($(grep -c "starting it again" "$work/err" || true) >= $1 - 1)) && [[ -n $(ranks_of_room) ]]; then return; fi
    sleep 0.1
  done
}
