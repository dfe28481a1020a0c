# shellcheck shell=bash
# What launch/train, launch/race and launch/many-core share: the program, built for this CPU, on every physical core.
# Sourced after lib.sh, which sets $checkout and $here.
# shellcheck disable=SC2154

# DDP_TRAIN_RANKS, before anything is installed or built.
check_ranks() {
  [[ ${DDP_TRAIN_RANKS:-1} =~ ^[1-9][0-9]{0,4}$ ]] ||
    stop "$exit_usage" "DDP_TRAIN_RANKS is '$DDP_TRAIN_RANKS', not a number of ranks"
}

# Sets program and ddp_launch to those that are installed, or builds them.
build_programs() {
  local product
  local -a link=()
  program=$installed
  if [[ -z $program ]]; then
    choose_build_folder .build
    # So that the program starts without the module, too.
    [[ -z $mpi_libraries ]] || link=(-Xlinker -rpath -Xlinker "$mpi_libraries")
    for product in ddp-train ddp-launch; do
      # Colours are an option of every compilation: a terminal and a pipe would each undo the other's build.
      swift build -c release --product "$product" --no-color-diagnostics "${link[@]}" --package-path "$checkout" \
        --scratch-path "$build" >&2
    done
    program=$build/release/ddp-train
  fi
  find_ddp_launch --program "$program"
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

# run_on_cores ARGUMENTS: becomes the job, on every core, or on DDP_TRAIN_RANKS ranks.
run_on_cores() {
  # The last line of a run that can be gone on with says how.
  local -a job=("$ddp_launch" run --program "$program" --started-by "$(printf '%q' "$0")")
  [[ -z ${DDP_TRAIN_RANKS-} ]] || job+=(--ranks "$DDP_TRAIN_RANKS")
  if [[ -n ${input-} ]]; then exec "${job[@]}" --stdin -- "$@" <&"$input" {input}<&-; fi
  exec "${job[@]}" -- "$@"
}
