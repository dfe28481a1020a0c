# shellcheck shell=bash
# Fakes of the commands that launch/ calls, and a way to run launch/ with nothing else in PATH. Sourced by run.

store=$work/store   # every fake there is
bin=$work/bin       # those that the machine of the moment has
toolbox=$work/tools # the few real commands that launch/ needs
package=$work/a\ checkout
log=$work/log
become=()

fake() { # NAME, body from stdin
  { echo '#!/usr/bin/env bash' && cat; } >"$store/$1"
  chmod +x "$store/$1"
}

make_fakes() {
  mkdir "$store" "$bin" "$toolbox"
  local tool
  for tool in bash cat cp env dirname grep ln mkdir mktemp realpath rm tee true; do ln -s "$(type -P "$tool")" "$toolbox/$tool"; done
  # Each argument in < >, so that a test sees where one ends.
  # What stands in a fake's standard input was somebody else's.
  fake record <<'END'
{ printf "%s" "$1"; shift; (($# == 0)) || printf " <%s>" "$@"; echo; } >>"$LOG"
stolen=$(cat)
[[ -z $stolen ]] || echo "took '$stolen' from standard input" >>"$LOG"
END
  fake swift <<'END'
if [[ $1 == --version ]]; then echo "${SWIFT_SAYS-Swift version 6.3.1 (swift-6.3.1-RELEASE)}"; exit; fi
"$STORE/record" swift "$@"
[[ $1 != test || -z ${TEST_SAYS-} ]] || printf '%b\n' "$TEST_SAYS"
[[ $1 == build ]] || exit "${TEST_CODE:-0}"
[[ ${BUILD_CODE:-0} == 0 ]] || exit "$BUILD_CODE"
if [[ $5 == ddp-launch ]]; then
  umask 0 # some tests run as nobody
  mkdir -p "${!#}/release"
  cp -f "$STORE/ddp-launch" "${!#}/release/"
fi
END
  fake mpirun <<<'echo "${MPIRUN_SAYS-mpirun (Open MPI) 4.1.4}"'
  fake ddp-launch <<'END'
if [[ $1 == cores ]]; then echo "${CORES-4}"; exit; fi
"$STORE/record" ddp-launch "$@"
echo "${DDP_TRAIN_MPIRUN##*/} in $PWD"
exit "${RUN_CODE:-0}"
END
  fake mpirun.openmpi <<<'MPIRUN_SAYS="mpirun (Open MPI) 4.1.4"; source "$STORE/mpirun"'
  fake pkg-config <<'END'
case $* in
"--exists ompi-c") [[ -e $BIN/libopenmpi-dev ]] ;;
"--exists hwloc") [[ -e $BIN/libhwloc-dev ]] ;;
"--exists libxxhash") [[ -e $BIN/libxxhash-dev ]] ;;
"--modversion ompi-c") echo 4.1.4 ;;
*) exit 64 ;;
esac
END
  fake apt-get <<'END'
"$STORE/record" apt-get "$@"
[[ " $* " == *" install "* ]] || exit "${UPDATE_CODE:-0}"
[[ ${INSTALL_CODE:-0} == 0 ]] || exit "$INSTALL_CODE"
for package; do
  case $package in
  openmpi-bin) ln -sf "$STORE/mpirun" "$BIN/mpirun" ;;
  gnuplot-nox) ln -sf "$STORE/gnuplot" "$BIN/gnuplot" ;;
  pkg-config) ln -sf "$STORE/pkg-config" "$BIN/pkg-config" ;;
  lib*) : >"$BIN/$package" ;;
  esac
done
END
  fake gnuplot <<<'"$STORE/record" gnuplot "$@"'
  fake sudo <<'END'
"$STORE/record" sudo "$@"
[[ $1 == -n && ${SUDO_CODE:-0} == 0 ]] || exit 1
shift
exec "$@"
END
  mkdir -p "$package/Tests/launch"
  cp -r "$checkout/launch" "$package/"
  fake script-tests <<<'"$STORE/record" Tests/launch/run; exit "${SHELL_TEST_CODE:-0}"'
  cp "$store/script-tests" "$package/Tests/launch/run"
  : >"$log"
  # Some tests run as nobody.
  chmod -R a+rwX "$work"
}

# has NAME…: the machine has these fakes, and these packages' files.
has() {
  rm -f -- "$bin"/*
  local name
  for name; do
    if [[ $name == lib* ]]; then : >"$bin/$name"; else ln -s "$store/$name" "$bin/$name"; fi
  done
}
complete=(swift apt-get pkg-config mpirun libopenmpi-dev libhwloc-dev libxxhash-dev gnuplot)

# run [NAME=VALUE…] COMMAND…: on the fake machine, with a loop's lines as standard input. Sets code, out, err, left (of
# those lines) and calls (of the fakes).
run() {
  : >"$log"
  code=0
  printf 'a\nb\n' >"$work/in"
  {
    env -i PATH="$bin:$toolbox" STORE="$store" BIN="$bin" LOG="$log" \
      "${become[@]}" env "$@" >"$work/out" 2>"$work/err" || code=$?
    left=$(cat)
  } <"$work/in"
  out=$(<"$work/out")
  err=$(<"$work/err")
  calls=$(<"$log")
}

# As root, the same commands as the user nobody; otherwise as we are.
as_user() {
  local -a become=()
  ((EUID)) || become=("$(command -v setpriv)" --reuid=65534 --regid=65534 --clear-groups)
  "$@"
}
