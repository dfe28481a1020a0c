# shellcheck shell=bash
# A room of the test's own: process numbers, /dev/shm and temporary files that only its jobs see. So what a job leaves
# behind is everything that is there, other jobs of the machine are out of reach, and all ends with the room. Sourced.

# enter_room ARGUMENT…: starts this script again inside. Ends with 77 where the kernel or the container forbids it.
enter_room() {
  [[ ${DDP_TRAIN_ROOM-} != inside ]] || { furnish && return; }
  local answer
  local -a way=(unshare --mount --pid --fork --kill-child --mount-proc)
  ((EUID == 0)) || way=(unshare --user --map-root-user "${way[@]:1}")
  answer=$("${way[@]}" mount -t tmpfs tmpfs /dev/shm 2>&1) || {
    echo "skipped: no room of its own for the test: $answer"
    exit 77
  }
  # A shell in the background, and all below it, may ignore SIGINT, which is part of what is tested.
  DDP_TRAIN_ROOM=inside exec env --default-signal=INT "${way[@]}" "$0" "$@"
}

furnish() {
  work=$(mktemp -d)
  # The room's first process is deaf to what it does not catch.
  trap 'exit 130' INT TERM
  trap 'leave_room' EXIT
  mount -t tmpfs -o size=64m tmpfs /dev/shm
  mkdir "$work/tmp"
  export TMPDIR=$work/tmp OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
}

leave_room() {
  local mounted
  for mounted in "$work"/*/; do
    if mountpoint -q "$mounted"; then umount --lazy "$mounted"; fi
  done
  rm -rf -- "$work"
}

# Every process of the room but this script, its subshells and what has ended.
strangers() {
  local file pid line
  for file in /proc/[0-9]*/cmdline; do
    pid=${file#/proc/} pid=${pid%/cmdline}
    { line=$(tr '\0' ' ' <"$file"); } 2>/dev/null || continue
    [[ -n $line && $line != *"/faults/${0##*/} "* ]] || continue
    echo "$pid $line"
  done
}

processes_named() { strangers | awk -v name="$1" '$2 == name || $2 ~ "/" name "$" { print $1 }'; }

# mpirun's processes; that of Open MPI 5 becomes prterun.
launchers() {
  processes_named mpirun
  processes_named prterun
}

# What Open MPI leaves where nobody is left to remove it.
sweep_room() { rm -rf /dev/shm/* "${TMPDIR:?}"/*; }

# Processes, shared memory and temporary files of jobs, a line each.
remains() {
  strangers
  find /dev/shm "$TMPDIR" -mindepth 1 -maxdepth 1
}

# check_nothing_left NAME [EXCEPT]: a second after the end. EXCEPT: a pattern of lines that may stay.
check_nothing_left() {
  local _ left
  for _ in {1..20}; do
    left=$(remains)
    left=$(grep -vE "${2:-^\$}" <<<"$left" || true)
    [[ -n $left ]] || break
    sleep 0.1
  done
  check "$1: nothing is left" '' "$left"
}
