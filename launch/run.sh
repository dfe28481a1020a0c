# shellcheck shell=bash
# What launch/train, launch/race and launch/many-core share: the program, built for this CPU, on every physical core.
# Sourced after lib.sh and cores.sh, which set $checkout, $here and $mpirun.
# shellcheck disable=SC2154

# DDP_TRAIN_RANKS, before anything is installed or built.
check_ranks() {
  [[ ${DDP_TRAIN_RANKS:-1} =~ ^[1-9][0-9]{0,4}$ ]] ||
    stop "$exit_usage" "DDP_TRAIN_RANKS is '$DDP_TRAIN_RANKS', not a number of ranks"
}

# Sets program to the one that is installed, or builds it.
build_program() {
  program=$installed
  [[ -z $program ]] || return 0
  choose_build_folder .build
  swift build -c release --product ddp-train --package-path "$checkout" --scratch-path "$build" >&2
  program=$build/release/ddp-train
}

# keep_input ARGUMENTS: where names come from standard input, the run is to have all of it: into input, before set_up
# closes it for everything else.
keep_input() {
  local word before=
  for word; do
    [[ $word != --data=- && $before$word != --data- ]] || exec {input}<&0
    before=$word
  done
}

# Fills job with mpirun's line up to the program, for every core, or for DDP_TRAIN_RANKS.
compose_run() {
  count_cores
  local ranks=${DDP_TRAIN_RANKS:-$core_count}
  local found="physical cores: ${#cores[@]}"
  if ((core_count < ${#cores[@]})); then found+=", of which the CPU quota pays for $core_count"; fi

  if ((ranks > core_count)); then
    say "$found; ranks: $ranks, oversubscribed: not bound, and slow"
    # --oversubscribe alone makes idle ranks yield only if they outnumber the MACHINE's cores. Under a mask they
    # would spin against the very rank they wait for: 1,000 times slower.
    job=("$mpirun" -np "$ranks" --oversubscribe --mca mpi_yield_when_idle 1 --bind-to none "$program")
  else
    say "$found; ranks: $ranks, one a core, on CPUs ${cores[*]:0:ranks}"
    job=("$mpirun" -np "$ranks" --bind-to none "$here/on-own-core" "$program")
  fi
}

# run_on_cores ARGUMENTS: becomes mpirun, so that a Ctrl-C, a signal and the exit code are mpirun's own.
run_on_cores() {
  compose_run
  # The last line of a run that can be gone on with says how.
  DDP_TRAIN_STARTED_BY=$(printf '%q' "$0")
  export DDP_TRAIN_STARTED_BY
  name_terminal
  if [[ -n ${input-} ]]; then exec "${job[@]}" "$@" <&"$input" {input}<&- 2> >(drop_boxes); fi
  exec "${job[@]}" "$@" 2> >(drop_boxes)
}
