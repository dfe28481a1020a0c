# shellcheck shell=bash
# launch/slurm over two nodes, as hosts in namespaces, with a network that can be cut. Sourced by run.

# A program that takes 4 s to end, as a large model's checkpoint on a slow disk might. $FILE gets a line from each rank.
make_slow_program() {
  # shellcheck disable=SC2016
  printf '%s\n' '#!/bin/bash' '[[ $1 != --version ]] || exec echo 1' 'ended=' 'trap ended=yes TERM USR1' \
    'echo "step 1" >&2' 'while [[ -z $ended ]]; do sleep 0.1; done' \
    'for _ in {1..40}; do sleep 0.1; done' 'echo "rank $OMPI_COMM_WORLD_RANK" >>"'"$work"'/slow-ranks"; exit 130' >"$work/slow"
  chmod +x "$work/slow"
}

test_two_nodes() {
  local fast=$program
  local -a two=(--nodes 2 --ntasks-per-node 1)
  plain 1 --steps 200
  submit ck-two "${two[@]}" -- --steps 200
  end 60
  check "two nodes: its end" "COMPLETED 0:0 2 ranks on 2 hosts" "$state $(ranks_in "$err")"
  check "two nodes: the hash of one rank" "$reference" "$(hash_in "$err")"

  make_slow_program
  program=$work/slow
  submit ck-slow "${two[@]}" -- --steps 200
  program=$fast
  training
  slurm scancel "$job"
  end 30
  check "scancel, two nodes: state" "CANCELLED 130:0" "$state"
  check "scancel, two nodes: all ranks get Slurm's time to end" "rank 0 rank 1" "$(sort "$work/slow-ranks" | xargs)"

  # The node that is lost does not come back; one is enough to go on.
  local start
  submit ck-lost "${two[@]}" -- "${long[@]}" --checkpoint-every 50
  training
  await 20 compgen -G "$cluster/jobs/ck-lost/step-*" >/dev/null
  start=$SECONDS
  "$checkout/launch/namespaces" --name "$set_name" cut nodeB
  # Slurm itself waits for the lost node, minutes.
  await 40 says "launch: the same sbatch line goes on from there" || true
  end 0
  check "a lost node: exit code" 205:0 "${state#* }"
  check "a lost node: ends in time" yes "$( ((SECONDS - start <= 15)) && echo yes || echo "$((SECONDS - start)) s")"
  check_says "a lost node: message" "launch: the connection to a node was lost (exit code 205); the newest checkpoint in ck-lost"
  interrupted=$(sed -n 's/.*ck-lost is of step \([0-9]*\)$/\1/p' <<<"$err")
  submit ck-lost --nodelist nodeA -- "${long[@]}" --checkpoint-every 50
  training
  check "a lost node: goes on on the other" "1 rank on 1 host, step $interrupted" \
    "$(ranks_in "$(output)"), step $(resumed_at "$(output)")"
}
