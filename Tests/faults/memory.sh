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
}
