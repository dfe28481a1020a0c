# shellcheck shell=bash
# Reproducible runs against the hashes that ddp-train prints on x86-64. Sourced after build.sh.
# shellcheck disable=SC2154  # it sets the arm64_… variables

# arm64_reproducible NAME ENGINE MOST COMMAND…: the lines of Tests/isa/hashes.txt that have few steps, MOST names in a batch at most,
# and no further options; COMMAND runs the program behind it. Prints `reproducible runs, NAME: N passed, N failed`.
arm64_reproducible() {
  local name=$1 engine=$2 most=$3 passed=0 failed=0 width heads batch micro_shards steps hash further found
  shift 3
  while read -r width heads batch micro_shards steps hash further; do
    if [[ -z $width || $width == \#* || -n $further ]] || ((steps > 20 || batch > most)); then continue; fi
    found=$("$@" "$arm64_programs/step" hash "$engine" "$arm64_checkout/data/names.txt" "$width" "$heads" "$batch" \
      "$micro_shards" "$steps" 2>&1) || true
    if [[ $found == "$hash" ]]; then passed=$((passed + 1)); else
      failed=$((failed + 1))
      echo "C = $width, $heads heads, B = $batch, $micro_shards micro-shards, $steps steps: $found, not $hash"
    fi
  done <"$arm64_checkout/Tests/isa/hashes.txt"
  echo "reproducible runs, $name: $passed passed, $failed failed"
}
