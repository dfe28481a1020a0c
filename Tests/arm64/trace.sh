# shellcheck shell=bash
# Counts what the emulator executes in a training step. Sourced after tools.sh and build.sh.
# shellcheck disable=SC2154  # they set the arm64_… variables

# arm64_step_instructions ENGINE BYTES FILE STEPS: what STEPS training steps execute, from the second on, one line an
# instruction of the program: how often, its function, its text. The difference of two runs leaves out all else.
arm64_step_instructions() {
  local engine=$1 bytes=$2 file=$3 steps=$4
  {
    arm64_executed "$engine" "$bytes" "$file" 1 | sed 's/^/- /'
    arm64_executed "$engine" "$bytes" "$file" $((steps + 1)) | sed 's/^/+ /'
    "$(dirname -- "$arm64_cc")/llvm-objdump" -d --no-show-raw-insn "$arm64_programs/step"
  } | awk '
    $1 == "-" { count[$2] -= $3; next }
    $1 == "+" { count[$2] += $3; next }
    /^[0-9a-f]+ <.*>:$/ { name = $2; gsub(/[<>:]/, "", name); next }
    $1 ~ /^[0-9a-f]+:$/ {
      address = sprintf("%16s", substr($1, 1, length($1) - 1)); gsub(/ /, "0", address)
      if (count[address] <= 0) next
      text = $0; sub(/^[^:]*:[ \t]*/, "", text); gsub(/[ \t]+/, " ", text)
      print count[address], name, text
    }'
}

# How often each address is executed.
arm64_executed() {
  local engine=$1 bytes=$2 file=$3 steps=$4
  "$arm64_qemu" -cpu "max,sme-default-vector-length=$bytes" -one-insn-per-tb -d exec,nochain -D /dev/stderr \
    "$arm64_programs/step" run "$engine" "$file" "$steps" 2>&1 >/dev/null |
    awk -F/ '/^Trace/ { count[$2]++ } END { for (address in count) print address, count[address] }'
}

# arm64_count PATTERN: executions of the instructions whose text matches, from arm64_step_instructions' lines.
arm64_count() {
  awk -v pattern="$1" '{ text = $0; sub(/^[^ ]* [^ ]* /, "", text) } text ~ pattern { sum += $1 } END { print sum + 0 }'
}
