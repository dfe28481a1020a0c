# shellcheck shell=bash
# Jobs of launch/slurm, and how they end. Sourced by run.

# What every run here has. Ranks share cores with whatever else this machine does.
export OMPI_MCA_mpi_yield_when_idle=1
common=(--data "$checkout/data/names.txt" --generate 0 --reproducible)

# submit FOLDER SBATCH-OPTION… -- OPTION…: sets job. An option of launch/slurm itself may come first.
submit() {
  local checkpoints=$1
  local -a sbatch=()
  shift
  while [[ $1 != -- ]]; do
    sbatch+=("$1")
    shift
  done
  shift
  local -a own=()
  if [[ ${1-} == --again ]]; then own=("$1") && shift; fi
  submit_words "${sbatch[@]}" "$checkout/launch/slurm" "${own[@]}" --program "$program" -- \
    "${common[@]}" --checkpoint-dir "$checkpoints" --checkpoint-every 1000000 "$@"
}

# submit_words SBATCH-ARGUMENT…: sets job.
submit_words() {
  job=$(slurm sbatch --parsable "$@")
}

output() { cat "$cluster/jobs"/*-"${1:-$job}.out" 2>/dev/null || true; }

# property NAME [JOB]: of Slurm's answer about it.
property() { slurm scontrol show job "${2:-$job}" | tr -s ' ' '\n' | sed -n "s/^$1=//p"; }

# await SECONDS CONDITION…: fails when that time is over.
await() {
  local limit=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < limit)) || return 1
    sleep 0.2
  done
}

has_ended() { [[ $(property JobState "${1:-$job}") != @(PENDING|CONFIGURING|RUNNING|COMPLETING) ]]; }
says() { [[ $(output) == *"$1"* ]]; }

# end SECONDS: waits for the job; sets state ("FAILED 130:0") and err, what the job said, without the steps.
end() {
  await "$1" has_ended || true
  state="$(property JobState) $(property ExitCode)"
  err=$(output | grep -v '^step ' || true)
}

# training: waits until the job has done its first steps.
training() {
  await 40 says 'step ' || {
    echo "job $job does not begin to train ($(property JobState)): $(output)" >&2
    return 1
  }
}

# signal_ranks SIGNAL: to the ranks of all jobs.
signal_ranks() {
  local pid name
  while read -r pid name _; do
    [[ $name != "$program" ]] || kill -s "$1" "$pid" 2>/dev/null || true
  done < <(processes)
}

# warned: whether all ranks of all jobs, which are stopped, have SIGUSR1 to look at.
warned() {
  local pid name pending
  while read -r pid name _; do
    [[ $name == "$program" ]] || continue
    pending=$(sed -n 's/^ShdPnd:\t/0x/p' "/proc/$pid/status" 2>/dev/null) || return 1
    ((pending & 0x200)) || return 1
  done < <(processes)
}

hash_in() { sed -n 's/^parameters hash //p' <<<"$1"; }
steps_interrupted() { sed -n 's/^interrupted after step \([0-9,]*\) of .*/\1/p' <<<"$1" | tr -d ,; }
resumed_at() { sed -n 's/^resumed    from step \([0-9,]*\), .*/\1/p' <<<"$1" | tr -d ,; }
ranks_in() { sed -n 's/^ranks *\([0-9]* ranks\{0,1\} on [0-9]* hosts\{0,1\}\).*/\1/p' <<<"$1"; }
checkpoint_of() { printf 'step-%09d.safetensors' "$1"; }
