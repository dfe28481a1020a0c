# shellcheck shell=bash
# What launch/train and launch/test call, say and return on a complete machine. Sourced by run.

binary=$package/.build/release/ddp-train
build_call=$(for product in ddp-train ddp-launch; do
  echo "swift <build> <-c> <release> <--product> <$product> <--no-color-diagnostics> <--package-path> <$package> <--scratch-path> <$package/.build>"
done)
# job_call RANKS ARGUMENTS-IN-BRACKETS: RANKS may be empty: ddp-launch decides. script is what was called.
script=train
job_call() {
  local name
  printf -v name %q "$package/launch/$script"
  echo "ddp-launch <run> <--program> <$binary> <--started-by> <$name>${1:+ <--ranks> <$1>} <-->${2:+ $2}"
}

test_train() {
  has "${complete[@]}"
  cd /
  run "$package/launch/train" --steps 5 "two  words" '' '$HOME "*"' -- -x
  check "a complete machine: builds, runs, and calls no apt" \
    "$build_call"$'\n'"$(job_call '' '<--steps> <5> <two  words> <> <$HOME "*"> <--> <-x>')" "$calls"
  check "exit code 0" 0 "$code"
  check "leaves standard input alone" a$'\n'b "$left"
  local names
  for names in '--data -' --data=-; do
    # shellcheck disable=SC2086  # two words
    run "$package/launch/train" $names
    check "$names: the run alone has standard input" \
      "$build_call"$'\n'"$(job_call '' "<${names/ /> <}>" | sed 's/ <-->/ <--stdin> <-->/')"$'\n'"took 'a"$'\n'"b' from standard input" "$calls"
  done
  run "$package/launch/train" --steps 5
  check "stays in the caller's folder" "in /" "in ${out##* in }"

  mkdir -p "$work/else where"
  cd "$work/else where"
  ln -sf "$package/launch/train" train
  run ./train
  check "through a symbolic link, from a folder with a blank" "$build_call
ddp-launch <run> <--program> <$binary> <--started-by> <./train> <-->" "$calls"
  cd /

  run DDP_TRAIN_RANKS=2 "$package/launch/train"
  check "fewer ranks than cores" "$build_call"$'\n'"$(job_call 2)" "$calls"

  # The program's own answer: how many ranks pay for such a run.
  mkdir -p "${binary%/*}"
  printf '#!/bin/sh\n[ "$*" = "ranks --most 4 --batch 2" ] && echo "2 of 4 ranks"\n' >"$binary"
  chmod +x "$binary"
  run "$package/launch/train" --batch 2
  check "no more ranks than pay" "$build_call"$'\n'"$(job_call 2 '<--batch> <2>')" "$calls"
  check_says "and says so" "launch: 2 ranks are as fast for this run as 4; DDP_TRAIN_RANKS=4 starts them all"
  run "$package/launch/train" train --batch 2
  check "so with the command's name" "$build_call"$'\n'"$(job_call 2 '<train> <--batch> <2>')" "$calls"
  run DDP_TRAIN_RANKS=4 "$package/launch/train" --batch 2
  check "as many as it is told" "$build_call"$'\n'"$(job_call 4 '<--batch> <2>')" "$calls"
  run "$package/launch/train" sweep --batch 2
  check "all for another command" "$build_call"$'\n'"$(job_call '' '<sweep> <--batch> <2>')" "$calls"
  run "$package/launch/train" --batch two
  check "all for an option that is wrong" "$build_call"$'\n'"$(job_call '' '<--batch> <two>')" "$calls"
  rm -r -- "${binary%/*}"

  local wrong
  for wrong in 0 -1 two 1.5 '2 3'; do
    run DDP_TRAIN_RANKS="$wrong" "$package/launch/train"
    check "DDP_TRAIN_RANKS=$wrong is refused" "64 " "$code $calls"
  done

  run BUILD_CODE=9 "$package/launch/train"
  check "a failed build ends it with its exit code" "9 ${build_call%%$'\n'*}" "$code $calls"
  run RUN_CODE=137 "$package/launch/train"
  check "the job's exit code comes through" 137 "$code"
}

# launch/race is launch/train with another command and a limit.
test_race() {
  has "${complete[@]}"
  run "$package/launch/race" --target 1.9 --limit 9s
  check "a race: builds, and runs on every core with the caller's options last" \
    "$build_call"$'\n'"$(script=race job_call '' '<race> <--limit> <150s> <--report> <ddp-train-race> <--target> <1.9> <--limit> <9s>')" "$calls"
  check "leaves standard input alone" a$'\n'b "$left"
  run DDP_TRAIN_RANKS=nine "$package/launch/race"
  check "a race on no number of ranks is refused" "64 " "$code $calls"
  run RUN_CODE=130 "$package/launch/race"
  check "the job's exit code comes through" 130 "$code"
}

# launch/lesson builds, and leaves the jobs to the program.
test_lesson() {
  has "${complete[@]}"
  local binary=$package/.build/release/ddp-train
  mkdir -p "${binary%/*}"
  printf '#!/usr/bin/env bash\n"$STORE/record" ddp-train "$@"\nexit "${RUN_CODE:-0}"\n' >"$binary"
  chmod +x "$binary"
  run "$package/launch/lesson" --quick
  check "a lesson: builds, and hands over to the program" "$build_call"$'\n''ddp-train <lesson> <--quick>' "$calls"
  run DDP_TRAIN_RANKS=3 RUN_CODE=130 "$package/launch/lesson" --report page
  check "on a number of ranks, with the program's exit code" "130 ddp-train <lesson> <--ranks> <3> <--report> <page>" \
    "$code ${calls##*$'\n'}"
  run DDP_TRAIN_RANKS=nine "$package/launch/lesson"
  check "a lesson on no number of ranks is refused" "64 " "$code $calls"
  rm -r -- "${binary%/*}"
}

# A build that was made elsewhere, and a checkout that cannot be written to.
test_places() {
  has "${complete[@]}"
  local build=$package/.build
  mkdir -p "$build"
  printf 'nodes:\n  "%s/x86_64/release/a.o":\n' "$build" >"$build/release.yaml"
  run "$package/launch/train"
  check "a build of this place is kept" yes "$([[ -e $build/release.yaml ]] && echo yes)"
  printf 'nodes:\n  "/elsewhere%s/x86_64/release/a.o":\n' "${build#"$work"}" >"$build/release.yaml"
  run "$package/launch/train"
  check "a build that came along with a copied checkout is made again" no "$([[ -e $build/release.yaml ]] || echo no)"
  check_says "and it says so" "launch: $build was made at another place: building anew"

  # For root a mode is no obstacle: read-only is what nobody finds.
  local cache=$work/cache
  mkdir -m 777 "$cache"
  chmod a-w "$package"
  if ((EUID == 0)); then local -a become=("$(command -v setpriv)" --reuid=65534 --regid=65534 --clear-groups); fi
  run "$package/launch/train"
  check "a read-only checkout without a cache: stops" "69 " "$code $calls"
  check_says "and says what to set" "$package cannot be written to, and there is no cache to build in: set XDG_CACHE_HOME"
  local place=$cache/ddp-train/${package//\//-}
  run XDG_CACHE_HOME="$cache" "$package/launch/train" --steps 5
  check "a read-only checkout is built in the cache" \
    "${build_call//$package/$place}
$(job_call '' '<--steps> <5>' | sed "s|<$binary>|<$place/.build/release/ddp-train>|")" "$calls"
  check "through links" "$package/launch" "$(readlink "$place/launch")"
  mkdir "$work/home" && chmod 777 "$work/home"
  run HOME="$work/home" "$package/launch/test"
  check "so are its tests, in the home folder's cache" \
    "swift <test> <-c> <release> <--no-color-diagnostics> <--package-path> <$work/home/.cache/${place#"$cache/"}>" "$(sed -n 's/ <--scratch.*//; 2p' <<<"$calls")"
  chmod a+w "$package"
}

# ---- launch/test ----

test_test() {
  local test_call="swift <test> <-c> <release> <--no-color-diagnostics> <--package-path> <$package> <--scratch-path> <$package/.build-test>"
  has "${complete[@]}"
  cd /
  run "$package/launch/test" --filter 'a b'
  check "the scripts' tests, then swift test with the caller's arguments" \
    "Tests/launch/run"$'\n'"$test_call <--filter> <a b>" "$calls"
  run TEST_CODE=3 "$package/launch/test"
  check "swift test's exit code comes through" 3 "$code"
  run TEST_CODE=1 TEST_SAYS='✘ Test "a" recorded an issue at A.swift:1\n↳ because\n◇ Test "b" started.\n✘ Test run with 2 tests failed.' \
    "$package/launch/test"
  check "what failed is said once more, after all else, and swift test's last line again" \
    $'✘ Test "a" recorded an issue at A.swift:1\n↳ because\n✘ Test run with 2 tests failed.' \
    "$(tail -n 3 <<<"$out")"
  check "and its exit code comes through" 1 "$code"
  run SHELL_TEST_CODE=4 "$package/launch/test"
  check "the scripts' tests can fail it" "4 Tests/launch/run" "$code $calls"
}
