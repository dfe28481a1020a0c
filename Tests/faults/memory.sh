# shellcheck shell=bash
# /dev/shm that is full. The room has one of its own. Sourced by run.

fill_shared_memory() { # LEAVING-KIB
  local free
  free=$(($(stat -f -c '%f * %S / 1024' /dev/shm) - $1))
  dd if=/dev/zero of=/dev/shm/filling bs=1k count="$free" 2>/dev/null || true
}

# Before the start. Open MPI goes by sockets then, and there is no memory to share.
shared_memory_full() {
  begin_run crowded
  fill_shared_memory 0
  complete 2 --sync shared
  check "no shared memory, which is asked for: exit code" 1 "$code"
  check_says "no shared memory, which is asked for: message" "ddp-train: error: shared memory: "
  compose 2
  code=0
  err=$("${job_line[@]}" --no-reproducible --steps 50 2>&1 >"$work/out" </dev/null) || code=$?
  check "no shared memory: exit code" 0 "$code"
  check_says "no shared memory: what is done" "; gradients are all-reduced instead"
  rm /dev/shm/filling
}

# There was room when the job asked, and there is none when it comes to it: Open MPI's files are sparse, and a page that is
# missing would be the signal SIGBUS.
shared_memory_taken() {
  local compiler sync
  compiler=$(command -v cc || command -v clang) || {
    echo "skipped: shared memory that others take meanwhile: no C compiler"
    return
  }
  "$compiler" -shared -fPIC -O1 -o "$work/plenty.so" "$here/plenty.c" -ldl
  begin_run taken
  # Enough for Open MPI's own.
  fill_shared_memory 250
  mpirun_options=(-x "LD_PRELOAD=$work/plenty.so")
  complete 2
  check "shared memory is taken meanwhile: exit code" 1 "$code"
  check_says "shared memory is taken meanwhile: message" "ddp-train: error: shared memory: "
  for sync in auto shared hierarchical; do
    begin_run taken
    complete 2 --no-reproducible --sync "$sync"
    if [[ $sync == auto ]]; then
      check "shared memory is taken meanwhile, not reproducible: exit code" 0 "$code"
      check_says "shared memory is taken meanwhile, not reproducible: what is done" "; gradients are all-reduced instead"
    else
      check "shared memory is taken meanwhile, --sync $sync: exit code" 1 "$code"
      check_says "shared memory is taken meanwhile, --sync $sync: message" "ddp-train: error: shared memory: "
    fi
  done
  mpirun_options=()
  rm /dev/shm/filling
  check_nothing_left "shared memory is taken meanwhile"
}

# Once training has begun no page is missing: whatever becomes of the rest.
shared_memory_filled() {
  local strategy
  for strategy in shared hierarchical; do
    begin_run filled
    start 2 --checkpoint-every 20 --sync "$strategy"
    until_saved 20
    fill_shared_memory 0
    finish 120
    check "/dev/shm fills up under $strategy: exit code" 0 "$code"
    check "/dev/shm fills up under $strategy: the end of the run without a fault" "$whole" "$(ending "$metrics")"
    rm /dev/shm/filling
    check_nothing_left "/dev/shm fills up under $strategy"
  done
  # Open MPI has all it needs by then as well, also for large messages.
  for strategy in sharded overlap allreduce; do
    begin_run filled
    start 2 --checkpoint-every 10 --no-reproducible --sync "$strategy" --d-model 256 --steps 60
    until_saved 10
    fill_shared_memory 0
    finish 120
    check "/dev/shm fills up under $strategy: exit code" 0 "$code"
    check "/dev/shm fills up under $strategy: all steps are done" 60 "$(saved)"
    rm /dev/shm/filling
  done
}
