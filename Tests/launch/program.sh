# shellcheck shell=bash
# The program that is tested, and commands that are tried. Sourced by Tests/hosts/run, Tests/slurm/run and Tests/faults.

# choose_program [FILE]: sets program to a copy under the temporary folder of the caller, with ddp-launch beside it: a build
# beside the test changes nothing, and every process of a job has that path in its command line.
choose_program() {
  local built=${1-} candidate
  for candidate in "$checkout"/.build{,-test}/release/ddp-train; do
    if [[ -z $built && -x $candidate ]]; then built=$candidate; fi
  done
  [[ -x $built ]] || {
    echo "no program to test: build it (swift build -c release --product ddp-train), or name one" >&2
    exit 69
  }
  program=$work/ddp-train
  cp -- "$built" "$program"
  cp -- "${built%/*}/ddp-launch" "$work/"
}

# attempt COMMAND…: sets code, out, err and took, in milliseconds.
attempt() {
  local start
  start=$(date +%s%3N)
  code=0
  timeout --kill-after 5 100 "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  took=$(($(date +%s%3N) - start))
  out=$(<"$work/out") err=$(<"$work/err")
}
