# shellcheck shell=bash
# The real taskset and the real mpirun. Sourced by run.

# A script that prints the CPUs it may run on.
allowed='while read -r name list; do [[ $name != Cpus_allowed_list: ]] || echo "$list"; done </proc/self/status'

test_real_binding() {
  local -a cores
  source "$checkout/launch/cores.sh"
  find_cores
  # The kernel writes neighbours as 0-1, we write 0,1: take a core's last CPU alone.
  local last=${cores[-1]##*,}
  check "on-own-core binds within a mask" "$last" "$(
    OMPI_COMM_WORLD_LOCAL_RANK=0 OMPI_COMM_WORLD_LOCAL_SIZE=1 \
      taskset --cpu-list "$last" "$checkout/launch/on-own-core" bash -c "$allowed"
  )"
  check "on-own-core leaves ranks free that outnumber the cores" "$last" "$(
    OMPI_COMM_WORLD_LOCAL_RANK=2 OMPI_COMM_WORLD_LOCAL_SIZE=3 \
      taskset --cpu-list "$last" "$checkout/launch/on-own-core" bash -c "$allowed"
  )"
}

# numbers_of LIST: the kernel's 0-1 and our 0,1 alike as 0 1.
numbers_of() {
  local -a numbers
  expand_list "$1"
  echo "${numbers[*]}"
}

# A real mpirun, with a script as the program: needs Open MPI, which launch/test has installed by now.
test_real_ranks() {
  if ! [[ $(mpirun --version 2>&1) =~ Open\ MPI ]]; then
    echo "skipped: no Open MPI here for the checks with a real mpirun"
    return 0
  fi
  has swift pkg-config libopenmpi-dev libhwloc-dev libxxhash-dev
  mkdir -p "${binary%/*}"
  printf '#!/usr/bin/env bash\n%s\n' "$allowed" >"$binary"
  chmod +x "$binary"
  # A failure becomes what is compared, with its reason.
  real_train() {
    env PATH="$bin:$PATH" STORE="$store" BIN="$bin" LOG="$log" "$@" "$package/launch/train" \
      2>"$work/err" </dev/null || echo "exit code $?: $(<"$work/err")"
  }

  local -a cores
  local core_count list got
  source "$checkout/launch/cores.sh"
  count_cores
  got=$(real_train)
  check "each real rank has a core of its own" \
    "$(for list in "${cores[@]:0:core_count}"; do numbers_of "$list"; done | sort)" \
    "$(while read -r list; do numbers_of "$list" 2>/dev/null || echo "$list"; done <<<"$got" | sort)"

  local last=${cores[-1]##*,}
  got=$(real_train taskset --cpu-list "$last")
  check "a real rank stays inside taskset's mask" "$last" "$got"
  got=$(real_train DDP_TRAIN_RANKS=2 taskset --cpu-list "$last")
  check "so do two that share a core" "$last"$'\n'"$last" "$got"

  # Ranks have pipes; a terminal of the script's own is theirs to know.
  printf '#!/usr/bin/env bash\necho "terminal ${DDP_TRAIN_TERMINAL-none}"\n' >"$binary"
  got=$(env PATH="$bin:$PATH" STORE="$store" BIN="$bin" LOG="$log" DDP_TRAIN_RANKS=1 PROGRAM="$package/launch/train" \
    script -qec 'DDP_TRAIN_TERMINAL=/dev/null; export DDP_TRAIN_TERMINAL; "$PROGRAM" | tail -n 1; echo "terminal $(tty)"' \
    /dev/null </dev/null | tr -d '\r' | grep '^terminal')
  check "ranks are told which terminal shows their messages" 1 "$(sort -u <<<"$got" | grep -c .)"
  got=$(real_train DDP_TRAIN_TERMINAL=/dev/null DDP_TRAIN_RANKS=1)
  check "and of none where a file takes them" "terminal none" "$got"

  # A pipe, whose end comes after all that is said.
  ending() {
    local said code=0
    printf '#!/usr/bin/env bash\n%s\n' "$1" >"$binary"
    said=$(env PATH="$bin:$PATH" STORE="$store" BIN="$bin" LOG="$log" DDP_TRAIN_RANKS=2 "$package/launch/train" \
      2>&1 </dev/null) || code=$?
    printf '%s\n' "$said" "exit code $code"
  }
  local own='^launch: \|^swift'
  got=$(ending '[[ $OMPI_COMM_WORLD_RANK != 0 ]] || echo "the one line" >&2; exit 64' | grep -v "$own")
  check "after a rank's one line there is no box of mpirun's" "the one line"$'\n'"exit code 64" "$got"
  got=$(ending '[[ $OMPI_COMM_WORLD_RANK == 0 ]] || kill -KILL $$; sleep 5' | grep -v "$own")
  [[ $got != *'exited on signal 9 (Killed)'*'exit code 137' ]] || got='said, with its code'
  check "that a rank was killed is still said" 'said, with its code' "$got"

  # The ranks' one line, and what the script says of the job after it.
  printf '#!/usr/bin/env bash\n[[ $OMPI_COMM_WORLD_RANK != 0 ]] || echo "the one line" >&2; exit "${CODE-64}"\n' >"$binary"
  got=$("$package/launch/supervise" --ranks 2 --program "$binary" --checkpoint-dir x 2>&1 </dev/null) || got+=" $?"
  check "nor is there one of a supervised job" "the one line 64" "$got"
}
