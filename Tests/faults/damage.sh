# shellcheck shell=bash
# Files that are not what they were, through the program's own doors. Every length and any bit: Tests/CheckpointsTests.
# Sourced by run.

cut_off() { truncate -s $((RANDOM * 32768 + RANDOM)) "$1" && truncate -s $((size * (1 + RANDOM % 99) / 100)) "$1"; }
empty() { : >"$1"; }
lengthened() { echo more >>"$1"; }
# overwrite FILE OFFSET BYTES
overwrite() { printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; }
one_bit() {
  local offset=$(((RANDOM * 32768 + RANDOM) % size)) byte
  byte=$(od -An -tu1 -j "$offset" -N 1 "$1")
  overwrite "$1" "$offset" "\\x$(printf %02x $((byte ^ (1 << (RANDOM % 8)))))"
}
zeros_within() { dd if=/dev/zero of="$1" bs=4096 seek=$((1 + RANDOM % (size / 4096 - 1))) count=1 conv=notrunc 2>/dev/null; }
header_of_all_ones() { overwrite "$1" 0 '\xff\xff\xff\xff\xff\xff\xff\xff'; }
header_beyond_the_file() { overwrite "$1" 2 '\x7f'; }
# A tensor that claims more rows than its bytes hold, and offsets that run backwards.
lying_shape() { sed -i '0,/"shape":\[27,/s//"shape":[99,/' "$1"; }
lying_offset() { sed -i -E '0,/"data_offsets":\[0,/s//"data_offsets":[9,/' "$1"; }

kinds=(cut_off cut_off cut_off empty lengthened one_bit one_bit one_bit one_bit zeros_within header_of_all_ones
  header_beyond_the_file lying_shape lying_offset)

# The newest is damaged: it is named, put aside, and the next older one taken.
newest_damaged() {
  local kind newest size original=$work/kept
  local number=0
  begin_run damaged
  train_for_a_while 2
  kill -USR1 "$job"
  finish 20
  # The older one, so that there is something to train.
  rm -rf "$original"
  cp -r "$folder" "$original"
  cp "$metrics" "$original.metrics"
  for kind in "${kinds[@]}"; do
    number=$((number + 1))
    rm -rf "$folder"
    cp -r "$original" "$folder"
    cp "$original.metrics" "$metrics"
    newest=$(newest)
    size=$(stat -c %s "$newest")
    "$kind" "$newest"
    check "$kind ($number): the file is another one" different \
      "$(cmp -s "$newest" "$original/${newest##*/}" || echo different)"
    code=0
    err=$("$program" generate --model "$newest" --count 1 2>&1 >/dev/null) || code=$?
    check "$kind ($number): generate refuses it" 1 "$code"
    check_says "$kind ($number): generate names it" "ddp-train: error: $newest"
    before=$(saved)
    complete 1 --resume
    check "$kind ($number): exit code" 0 "$code"
    check_says "$kind ($number): it is named" "checkpoint $newest: damaged: "
    check "$kind ($number): it is put aside" yes "$([[ -e $newest.damaged ]] && echo yes)"
    check "$kind ($number): an older one is taken" yes "$( (($(resumed_from) < before)) && echo yes)"
    check "$kind ($number): the end of the run without a fault" "$whole" "$(ending "$metrics")"
  done
}

# The newest is damaged and may be neither renamed nor removed: it is left where it is.
damaged_and_fixed() {
  local newest size
  begin_run fixed
  train_for_a_while 2
  kill -USR1 "$job"
  finish 20
  newest=$(newest)
  size=$(stat -c %s "$newest")
  before=$(saved)
  one_bit "$newest"
  if ! chattr +i "$newest" 2>/dev/null; then
    echo "skipped: a file that cannot be renamed: this file system knows no chattr +i"
    return
  fi
  complete 1 --resume --checkpoint-every 200
  chattr -i "$newest"
  check "damaged and fixed: exit code" 0 "$code"
  check_says "damaged and fixed: it is named" "checkpoint $newest: damaged: "
  check_says "damaged and fixed: it stays" "passed over, and left where it is: cannot be renamed: Operation not permitted"
  check "damaged and fixed: an older one is taken" yes "$( (($(resumed_from) < before)) && echo yes)"
  check "damaged and fixed: the end of the run without a fault" "$whole" "$(ending "$metrics")"
  check "damaged and fixed: it is not counted" "$((keep + 1))" "$(compgen -G "$folder/step-*.safetensors" | wc -l)"
}

all_damaged() {
  local file kind size listing
  begin_run ruined
  train_for_a_while 2
  kill -USR1 "$job"
  finish 20
  for file in "$folder"/step-*.safetensors; do
    size=$(stat -c %s "$file")
    one_bit "$file"
  done
  listing=$(cd "$folder" && md5sum -- * .lock)
  complete 2 --resume
  check "all damaged: exit code" 1 "$code"
  check_says "all damaged: message" "no checkpoint in $folder is whole: "
  check_says "all damaged: what to do" "Remove them to begin anew"
  check "all damaged: nothing is begun" "$listing" "$(cd "$folder" && md5sum -- * .lock)"
  check_nothing_left "all damaged"
}
