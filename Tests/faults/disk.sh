# shellcheck shell=bash
# File systems that refuse, under a running job. Sourced by run.

# A file system of its own for the checkpoints, with room for a dozen.
mount_folder() {
  mkdir "$folder"
  mount -t tmpfs -o size=2m tmpfs "$folder"
}

# Stops the ranks while something is done to them.
while_paused() { # COMMAND…
  local -a all
  read -ra all <<<"$(ranks)"
  kill -STOP "${all[@]}"
  "$@"
  kill -CONT "${all[@]}"
}

fill() { dd if=/dev/zero of="$1/filling" bs=4k 2>/dev/null || true; }

full_for_a_while() {
  begin_run full
  mount_folder
  train_for_a_while 2
  while_paused fill "$folder"
  until_says "checkpoint not written" || true
  while_paused check_full_disk
  finish 120
  check "a full disk for a while: exit code" 0 "$code"
  check_kept "a full disk for a while" "$steps"
  check "a full disk for a while: the end of the run without a fault" "$whole" "$(ending "$metrics")"
  umount "$folder"
}

check_full_disk() {
  err=$(<"$work/err")
  check_says "a full disk: a warning" "ddp-train: warning: rank 0 on $(uname -n): checkpoint not written: $folder/step-"
  check_says "a full disk: why" "No space left on device"
  check "a full disk: it trains on" yes "$(kill -0 "$job" && echo yes)"
  check_kept "a full disk" "$before"
  rm "$folder/filling"
}

full_to_the_end() {
  begin_run brim
  mount_folder
  train_for_a_while 2
  while_paused fill "$folder"
  finish 120
  check "a full disk to the end: exit code" 1 "$code"
  check_says "a full disk to the end: the last words" "the last checkpoint is missing: $folder/step-"
  check_says "a full disk to the end: why" "No space left on device"
  check_kept "a full disk to the end" "$before"
  check "a full disk to the end: it has trained on" "$whole" "$(ending "$metrics")"
  rm "$folder/filling"
  check_resumes "a full disk to the end" 1 "$before"
  umount "$folder"
}

# Root may write anywhere but where nobody may.
unwritable() {
  begin_run frozen
  mkdir "$folder"
  if ! chattr +i "$folder" 2>/dev/null || ! chattr -i "$folder"; then
    echo "skipped: a folder that becomes unwritable: this file system knows no chattr +i"
    return
  fi
  train_for_a_while 2
  while_paused chattr +i "$folder"
  finish 120
  check "a folder that becomes unwritable: exit code" 1 "$code"
  check_says "a folder that becomes unwritable: message" "the last checkpoint is missing: $folder/step-"
  check_says "a folder that becomes unwritable: why" "Operation not permitted"
  check_kept "a folder that becomes unwritable" "$before"
  chattr -i "$folder"
  check_resumes "a folder that becomes unwritable" 2 "$before"
}

folder_removed() {
  begin_run gone
  train_for_a_while 2
  while_paused mv "$folder" "$folder.elsewhere"
  finish 120
  check "a folder that is taken away: exit code" 1 "$code"
  check_says "a folder that is taken away: message" "the last checkpoint is missing: $folder/step-"
  check_says "a folder that is taken away: why" "No such file or directory"
  check_nothing_left "a folder that is taken away"
  mv "$folder.elsewhere" "$folder"
  check_kept "a folder that is taken away" "$before"
  check_resumes "a folder that is taken away" 3 "$before"
}

# Another run begins where the folder was: each keeps what is its own.
folder_replaced() {
  local own other
  begin_run replaced
  train_for_a_while 2
  while_paused mv "$folder" "$folder.elsewhere"
  own=$(cd "$folder.elsewhere" && md5sum -- step-*.safetensors)
  other=$folder/step-000000001.safetensors
  mkdir "$folder"
  echo "another run's" >"$other"
  finish 120
  check "a folder that is replaced: exit code" 1 "$code"
  check_says "a folder that is replaced: message" "the last checkpoint is missing: $folder/step-"
  check_says "a folder that is replaced: why" "this is another folder than the one that the run opened, which was moved"
  check "a folder that is replaced: the other run's checkpoint stays, alone" "step-000000001.safetensors" \
    "$(ls -A "$folder")"
  check "a folder that is replaced: its own stay" "$own" "$(cd "$folder.elsewhere" && md5sum -- step-*.safetensors)"
  check "a folder that is replaced: it has trained on" "$whole" "$(ending "$metrics")"
  check_nothing_left "a folder that is replaced"
}

# What a person or a program that cleans up removes.
lock_removed() {
  begin_run unlocked
  train_for_a_while 2
  while_paused second_job_without_lock
  finish 120
  check ".lock removed: the first goes on: exit code" 0 "$code"
  check ".lock removed: the end of the run without a fault" "$whole" "$(ending "$metrics")"
  check_kept ".lock removed" "$steps"
  check_resumes ".lock removed" 1 "$steps"
}

second_job_without_lock() {
  rm "$folder/.lock"
  second_job
}

# A device that fails: the writes succeed, in memory, and the blocks cannot be had when they are synchronised. A loop
# device over a sparse file, in a file system that is then full.
failing_device() {
  local below=$work/below device
  begin_run broken
  mkdir "$below" "$folder"
  mount -t tmpfs -o size=12m tmpfs "$below"
  truncate -s 64m "$below/disk"
  if ! mkfs.ext4 -q -O ^has_journal "$below/disk" 2>/dev/null || ! device=$(losetup --show -f "$below/disk" 2>/dev/null); then
    echo "skipped: a failing device: no loop device or no mkfs.ext4"
    umount "$below"
    return
  fi
  mount "$device" "$folder"
  # Always another block: those that are there can be written again.
  local keep=1000
  train_for_a_while 2
  while_paused fill "$below"
  finish 120
  check "a failing device: exit code" 1 "$code"
  check_says "a failing device: message" "the last checkpoint is missing: $folder/step-"
  check_says "a failing device: why" "cannot be written: No space left on device"
  rm "$below/filling"
  # What is in memory may be right while the disk is not: only what is read from it counts.
  umount "$folder"
  mount "$device" "$folder"
  check_kept "a failing device" "$before"
  check_resumes "a failing device" 2 "$before"
  umount "$folder"
  losetup -d "$device"
  umount "$below"
}

# Two jobs that use one folder would remove each other's.
two_jobs() {
  begin_run shared
  train_for_a_while 2
  while_paused second_job
  finish 120
  check "two jobs: the first goes on: exit code" 0 "$code"
  check "two jobs: the end of the run without a fault" "$whole" "$(ending "$metrics")"
  check_kept "two jobs" "$steps"
}

second_job() {
  local -a second
  compose 1
  second=("${job_line[@]}" --checkpoint-dir "$folder" --resume)
  code=0
  err=$("${second[@]}" 2>&1 >/dev/null </dev/null) || code=$?
  check "two jobs: the second is refused: exit code" 1 "$code"
  check_says "two jobs: why" "$folder: another job keeps its checkpoints there; name another folder"
}
