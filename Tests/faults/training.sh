# shellcheck shell=bash
# The run that faults happen to, and what must be so afterwards. Sourced.

# Small, and the same to the bit on any number of ranks. Checkpoints come every few steps.
set_model() { # SEED STEPS
  model=(--data "$checkout/data/names.txt" --d-model 32 --generate 0 --seed "$1" --steps "$2" --reproducible
    --progress never)
}

# begin_run NAME: folders of a new run.
begin_run() {
  folder=$work/$1
  metrics=$work/$1.metrics
  rm -rf -- "$folder" "$metrics"
}

# mpirun's line for RANKS ranks that share cores, up to the program's options, into job_line.
compose() { # RANKS [MPIRUN-OPTION…]
  # In the background a shell lets its commands ignore SIGQUIT, and mpirun its ranks.
  job_line=(env --default-signal mpirun -np "$1" --oversubscribe --mca mpi_yield_when_idle 1 --bind-to none "${@:2}"
    "$program" "${model[@]}")
}

# start RANKS OPTION…: a job in the background that keeps checkpoints; more options of mpirun's from mpirun_options.
mpirun_options=()
keep=3
start() {
  compose "$1" "${mpirun_options[@]}"
  : >"$work/err"
  "${job_line[@]}" --checkpoint-dir "$folder" --checkpoint-keep "$keep" --metrics "$metrics" "${@:2}" \
    >"$work/out" 2>"$work/err" </dev/null &
  job=$!
}

# Its mpirun's version: 4 or 5.
open_mpi=$(mpirun --version | sed -nE '1s/.* ([0-9]+)\..*/\1/p')

# finish SECONDS: waits until the job and all its processes are gone, no longer than that. Sets code, err, and took in
# milliseconds from $since, or from now.
finish() {
  local start=${since:-$(now)} gone=''
  while (($(now) - start < $1 * 1000)); do
    if ! kill -0 "$job" 2>/dev/null && [[ -z $(strangers) ]]; then
      gone=yes
      break
    fi
    sleep 0.02
  done 2>/dev/null # where bash tells of killed jobs
  took=$(($(now) - start)) since=
  if [[ -n $gone ]]; then
    code=0
    wait "$job" 2>/dev/null || code=$?
  else
    code="not gone after $1 s: $(strangers)"
    end_all
  fi
  out=$(<"$work/out") err=$(<"$work/err")
}

# Whatever still runs in the room.
end_all() {
  local pid _
  strangers | while read -r pid _; do kill -KILL "$pid" 2>/dev/null || true; done
  wait "$job" 2>/dev/null || true
}

now() { echo $((${EPOCHREALTIME/./} / 1000)); }

# The job's ranks, in their order.
ranks() { cat "/proc/$job/task/$job/children" 2>/dev/null || true; }

# The n-th of them, from 0.
rank() {
  local -a all
  read -ra all <<<"$(ranks)"
  echo "${all[$1]-}"
}

# complete RANKS OPTION…: a job from where it is to its end. Sets code, out, err.
complete() {
  start "$@"
  finish 120
}

newest() { printf '%s/step-%09d.safetensors' "$folder" "$(saved)"; }

# Steps of the newest checkpoint; 0 where there is none.
saved() {
  local -a files=("$folder"/step-*.safetensors)
  local name=${files[-1]##*/step-}
  [[ -e ${files[-1]} ]] || name=0
  echo $((10#${name%.safetensors}))
}

# Waits until the job has saved STEP or more, or is gone.
until_saved() {
  local steps
  while kill -0 "$job" 2>/dev/null; do
    steps=$(saved)
    ((steps < $1)) || return 0
    sleep 0.01
  done 2>/dev/null
  return 1
}

# Begins a run with checkpoints every few steps, and returns at a random moment of its training, with the newest
# checkpoint's step in before.
train_for_a_while() { # RANKS [OPTION…]
  start "$1" --checkpoint-every 20 --resume "${@:2}"
  until_saved $((100 + RANDOM % (steps / 3))) || true
  sleep "0.0$((RANDOM % 10))"
  before=$(saved)
}

# until_says TEXT: waits until the job says it, half a minute at most.
until_says() {
  local _
  for _ in {1..3000}; do
    [[ $(<"$work/err") != *"$1"* ]] || return 0
    kill -0 "$job" 2>/dev/null || return 1
    sleep 0.01
  done
  return 1
}

# Checkpoints of the folder that the program does not accept, and those that were set aside.
damaged() {
  local file
  for file in "$folder"/step-*.safetensors; do
    [[ ! -e $file ]] || "$program" generate --model "$file" --count 1 >/dev/null 2>&1 || echo "$file"
  done
  compgen -G "$folder/*.damaged" || true
}

# The end of a run, from its metrics: the final line's steps and hash of the parameters, and whether every step's loss
# is that of the run without a fault. Parameters are the same to the bit. Losses may have crossed between ranks as two
# floats, of which one is below 1/32 (StepTail): of 4 ranks its roundings come to 4 · 2^-30 + 3 · 2^-28 nats at most, over
# at least 32 predictions.
ending() {
  sed -nE 's/.*"type": "final", "steps": ([0-9]+), .*"parameters_hash": "([^"]+)".*/\1 \2/p' "$1"
  paste <(losses "$work/whole.metrics") <(losses "$1") | awk '
    { d = $2 - $4; if (d < 0) d = -d }
    NF != 4 || $1 != $3 || d > 4.7e-10 { if (!bad++) print "another loss: " $0 }
    END { print NR - bad " losses agree" }'
}
losses() { sed -nE 's/^\{"type": "step", "step": ([0-9]+), "loss": ([^,]+),.*/\1 \2/p' "$1"; }

resumed_from() { sed -nE 's/.*"resumed_from_step": ([1-9][0-9]*).*/\1/p' "$metrics"; }

# Runs the model without a fault, and sets whole to its end.
run_whole() { # RANKS
  begin_run whole
  complete "$1"
  [[ $code == 0 ]] || {
    echo "the run without faults fails ($code): $err" >&2
    exit 1
  }
  whole=$(ending "$metrics")
}

# check_kept NAME STEP: nothing that was saved is lost, and what is there is whole.
check_kept() {
  local steps
  steps=$(saved)
  check "$1: the checkpoint of step $2 or a newer one is there" yes "$( ((steps >= $2)) && echo yes || echo "step $steps")"
  check "$1: every checkpoint is whole" '' "$(damaged)"
  # A killed job may have one that is new and one that was to go.
  check "$1: no more than are to be kept" yes \
    "$(compgen -G "$folder/step-*.safetensors" | wc -l | awk -v keep="$keep" '{ print $1 <= keep + 1 ? "yes" : $1 }')"
}

# check_resumes NAME RANKS STEP: the run goes on at STEP or later, and ends as one without a fault. What a kill between two
# writes leaves goes with it.
check_resumes() {
  local from
  echo half >"$folder/step-$((10 ** 9 - 1)).safetensors.partial"
  complete "$2" --resume
  check "$1: it resumes" 0 "$code"
  from=$(resumed_from)
  check "$1: from step $3 or later" yes "$( ((${from:-0} >= $3)) && echo yes || echo "from ${from:-the start}: $err")"
  check "$1: the end of the run without a fault" "$whole" "$(ending "$metrics")"
  check "$1: no half of a checkpoint is left" '' "$(compgen -G "$folder/*.partial*" || true)"
  check_nothing_left "$1, resumed"
}
