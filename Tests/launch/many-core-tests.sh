# shellcheck shell=bash
# What launch/many-core calls, says, keeps and returns. Sourced by run, after train-tests.sh.

# A program that records what it is asked for, and leaves a file where it is to. SIGNAL: it passes that to the script that
# started it, and ends as the program does when it is asked to stop.
make_fake_program() {
  mkdir -p "${binary%/*}"
  ln -sf "$(type -P sleep)" "$toolbox/sleep"
  fake ddp-train <<'END'
"$STORE/record" ddp-train "$@"
echo "words of $1"
if [[ -n ${SIGNAL-} && $1 == ceiling ]]; then
  trap 'exit 130' TERM INT
  kill -s "$SIGNAL" "$PPID"
  sleep 10 &
  wait
fi
while (($# > 1)) && [[ $1 != --json ]]; do shift; done
[[ $1 != --json ]] || : >"$2"
exit "${PROGRAM_CODE:-0}"
END
  cp "$store/ddp-train" "$binary"
  chmod a+rx "$binary"
}

# stage_call RANKS ARGUMENTS-IN-BRACKETS
stage_call() { echo "ddp-launch <run> <--quiet> <--ranks> <$1> <--program> <$binary> <--> $2"; }

# many_core [NAME=VALUE…] ARGUMENTS: in the work folder, where a fresh folder is called out.
many_core() {
  local -a set=()
  while [[ ${1-} == [A-Z]*=* ]]; do set+=("$1") && shift; done
  run "${set[@]}" "$package/launch/many-core" "$@"
}

test_many_core() {
  local cases='<--d-model> <16> <64> <--batch> <1024> <--mode> <strong>'
  has "${complete[@]}"
  make_fake_program
  mkdir "$work/many" && chmod 777 "$work/many"
  cd "$work/many"

  many_core out
  check "all stages, in turn" "$build_call
$(stage_call 4 '<doctor>')
ddp-train <ceiling> $cases <--ranks> <2> <4> <--steps> <40> <--json> <out/ceiling.json>
$(stage_call 4 "<scaling> $cases <--ranks> <1> <2> <4> <--sync> <auto> <--seconds> <15> <--json> <out/scaling.json>")
ddp-train <report> <out/scaling.json> <--ceiling> <out/ceiling.json> <--report> <out/page>" "$calls"
  check "ends well, and prints what report prints" "0 words of report" "$code $out"
  check "says each stage in a line, and the folder last" "launch: 1/4 doctor: what is wrong with this machine
launch: 2/4 ceiling: plays 2 4 ranks on one core
launch: 3/4 scaling: trains on 1 2 4 ranks
launch: 4/4 page
launch: all of it is in out" "$err"
  check "keeps what the stages print" "words of ceiling" "$(<out/ceiling.txt)"
  check "leaves standard input alone" a$'\n'b "$left"

  many_core
  check "a folder of its own where none is named" "0 many-core-$HOSTNAME" \
    "$code $(sed -nE 's/.* in (.*)-[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{6}$/\1/p' <<<"$err")"

  many_core --ranks 2,3 --d-model 32 --batch 8,16 --mode strong,weak --sync auto,allreduce --seconds 0.5 --steps 7 other
  cases='<--d-model> <32> <--batch> <8> <16> <--mode> <strong> <weak>'
  check "options reach the stages they are for" \
    "ddp-train <ceiling> $cases <--ranks> <2> <3> <--steps> <7> <--json> <other/ceiling.json>
$(stage_call 3 "<scaling> $cases <--ranks> <2> <3> <--sync> <auto> <allreduce> <--seconds> <0.5> <--json> <other/scaling.json>")" \
    "$(sed -n '4,5p' <<<"$calls")"
  many_core DDP_TRAIN_RANKS=6 six
  check "more ranks than cores: up to them" \
    "$(stage_call 6 "<scaling>") <--ranks> <1> <2> <4> <6>" \
    "$(sed -n '5s/<--d-model.*<strong> //; 5s/ <--sync.*//p' <<<"$calls")"
}

# A problem is named and does not stop it; a stage that fails does.
test_many_core_failures() {
  cd "$work/many"
  many_core RUN_CODE=1 ill
  check "doctor's problem does not stop it, a failed stage does, with its exit code" "1 doctor ceiling scaling" \
    "$code $(grep -o '<doctor>\|<ceiling>\|<scaling>\|<report>' <<<"$calls" | tr -d '<>' | paste -sd ' ')"
  check_says "and it says so of the one" "launch: doctor finds a problem, which the page names as well: ill/doctor.txt"
  check_says "and of the other" "launch: scaling failed (exit code 1)"
  many_core RUN_CODE=137 dead
  check "a doctor that dies stops it" "137 3" "$code $(wc -l <<<"$calls")"
  many_core PROGRAM_CODE=64 wrong
  check "an option that the program refuses: its exit code" "64" "$code"
  many_core BUILD_CODE=9 unbuilt
  check "a failed build ends it with its exit code" "9 ${build_call%%$'\n'*}" "$code $calls"
  many_core CORES=1 alone
  check "one core has nothing to be compared with" "69 $build_call" "$code $calls"
  check_says "and it says so" "launch: one rank has nothing to be compared with"
}

test_many_core_stop_and_resume() {
  cd "$work/many"
  local signal
  for signal in TERM INT HUP; do
    many_core SIGNAL=$signal "stopped $signal" --steps 3
    check "SIG$signal stops it at once" "130 4" "$code $(wc -l <<<"$calls")"
    check_says "and it says how to go on" "launch: stopped; launch/many-core --resume stopped $signal goes on"
  done
  many_core --resume "stopped TERM"
  check "goes on with the same options" "ddp-train <ceiling> <--d-model> <16> <64> <--batch> <1024> <--mode> <strong> \
<--ranks> <2> <4> <--steps> <3> <--json> <stopped TERM/ceiling.json>" "$(sed -n 4p <<<"$calls")"
  many_core --resume "stopped TERM"
  check "what is measured is kept, and the rest done" "0 doctor scaling report" \
    "$code $(grep -o '<doctor>\|<ceiling>\|<scaling>\|<report>' <<<"$calls" | tr -d '<>' | paste -sd ' ')"
  check_says "and it says so" "launch: 2/4 ceiling: kept, stopped TERM/ceiling.json"
}

test_many_core_refusals() {
  cd "$work/many"
  local wrong
  for wrong in '--steps' '--steps 0' '--ranks 2,' '--ranks 1-4' '--batch 1e3' '--mode Strong' '--seconds soon' '--nothing 1' \
    '-x' 'one two' '--resume' '--resume nowhere' '--resume out --steps 4' 'out'; do
    # shellcheck disable=SC2086  # words
    many_core $wrong
    check "'$wrong' is refused before anything is built" "64 1 " "$code $(wc -l <<<"$err") $calls"
  done
  check_says "a folder that has a measurement is named" \
    "launch: out has a measurement: --resume out goes on with it, or name another folder"
  many_core DDP_TRAIN_RANKS=2 --ranks 2 both
  check "two numbers of ranks are refused" "64 " "$code $calls"
  many_core DDP_TRAIN_RANKS=two none
  check "so is no number" "64 " "$code $calls"
  many_core --help
  check "--help says what there is, and does nothing" "0 " "$code $calls"

  sed -i 's/^host .*/host elsewhere/' out/options
  many_core --resume out
  check "another machine's measurement is not gone on with" "64 " "$code $calls"
  check_says "and it says so" "launch: out was begun on elsewhere: name another folder"
  # shellcheck disable=SC2016  # it must not be run
  printf 'host %s\n%s\n' "$HOSTNAME" 'a[$(touch ran)] 1' >other/options
  many_core --resume other
  check "nor one with words of another sort" "64 no" "$code $([[ -e ran ]] && echo yes || echo no)"
  printf 'host %s\nranks 1,2\n' "$HOSTNAME" >six/options
  touch -d '+1 minute' "$binary"
  many_core --resume six
  check "nor one of another program" "64 $build_call" "$code $calls"
  cd /
}
