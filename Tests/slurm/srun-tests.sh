# shellcheck shell=bash
# The program started by srun itself, without launch/slurm. Sourced by run.

said() { grep -c '^ddp-train: error: ' <<<"$err" || true; }

test_srun() {
  local folder=$cluster/jobs/ck-srun variables
  local -a train=("$program" "${common[@]}" --steps 200)

  attempt env -C "$cluster/jobs" srun --ntasks 4 --overcommit --mpi none "${train[@]}" --checkpoint-dir "$folder"
  check "srun without PMI: exit code" 69 "$code"
  check "srun without PMI: one line" 1 "$(said)"
  check_says "srun without PMI: message" \
    "ddp-train: error: Slurm started 4 tasks without the means to find each other: use Open MPI's own mpirun, srun"
  check "srun without PMI: nothing is written" '' "$(ls "$folder" 2>/dev/null)"
  attempt env -C "$cluster/jobs" srun --ntasks 4 --overcommit --mpi none "$program" info
  check "srun without PMI: info comes once" "0 1" "$code $(grep -c '^version ' <<<"$out")"
  attempt env -C "$cluster/jobs" srun --ntasks 4 --overcommit --mpi pmi2 "${train[@]}" --checkpoint-dir "$folder"
  check "srun with a PMI that Open MPI was not built for: one line of the program's" "69 1" "$code $(said)"
  check_says "srun with a PMI that Open MPI was not built for: message" \
    "ddp-train: error: Open MPI does not start, for the reason that it gives: use Open MPI's own mpirun, srun"

  plain 1 --steps 200
  attempt env -C "$cluster/jobs" srun --ntasks 1 --mpi none "${train[@]}"
  check "srun -n 1 is alone: its hash" "0 $reference" "$code $(hash_in "$out")"

  # A batch script is no step of several tasks, whatever its job is, nor is the shell of salloc.
  # shellcheck disable=SC2016
  printf '%s\n' '#!/bin/bash' 'env | grep ^SLURM >variables' '"$@"' >"$work/batch"
  submit_words --ntasks 2 --overcommit --output "$cluster/jobs/%x-%j.out" "$work/batch" "${train[@]}"
  end 40
  check "a batch script's own program is alone" "COMPLETED 0:0 1 rank on 1 host $reference" \
    "$state $(ranks_in "$err") $(hash_in "$err")"
  variables=$(grep ^SLURM_STEP "$cluster/jobs/variables" || true)
  check "a batch script has no step's variables" '' "$variables"
  attempt env -C "$cluster/jobs" salloc --ntasks 2 "${train[@]}"
  check "salloc's command is alone" "0 1 rank on 1 host $reference" "$code $(ranks_in "$out") $(hash_in "$out")"

  if ! srun --mpi=list 2>&1 | grep -q pmix; then
    echo "skipped: this Slurm has no PMIx"
    return 0
  fi
  attempt env -C "$cluster/jobs" srun --ntasks 4 --overcommit --mpi pmix "${train[@]}"
  check "srun --mpi=pmix: one job of four ranks" "0 4 ranks on 1 host $reference" \
    "$code $(ranks_in "$out") $(hash_in "$out")"
  check "srun --mpi=pmix: nothing to complain of" '' "$(grep -v '^step ' <<<"$err")"
}
