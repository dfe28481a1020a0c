# shellcheck shell=bash
# Fakes of the commands that launch/ calls, and a way to run launch/ with nothing else in PATH. Sourced by run.

store=$work/store   # every fake there is
bin=$work/bin       # those that the machine of the moment has
toolbox=$work/tools # the few real commands that launch/ needs
package=$work/a\ checkout
system=$work/system # stands for /
log=$work/log
become=()

fake() { # NAME, body from stdin
  { echo '#!/usr/bin/env bash' && cat; } >"$store/$1"
  chmod +x "$store/$1"
}

make_fakes() {
  mkdir "$store" "$bin" "$toolbox"
  local tool
  for tool in bash cat cp env dirname grep ln mkdir mktemp realpath rm sed tee true uname; do ln -s "$(type -P "$tool")" "$toolbox/$tool"; done
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
[[ -z ${SAY_MPI-} ]] || echo "mpirun: $DDP_TRAIN_MPIRUN, loader: ${LD_LIBRARY_PATH-}, pkg-config: ${PKG_CONFIG_PATH-}" >>"$LOG"
echo "${DDP_TRAIN_MPIRUN##*/} in $PWD"
exit "${RUN_CODE:-0}"
END
  fake mpirun.openmpi <<<'MPIRUN_SAYS="mpirun (Open MPI) 4.1.4"; source "$STORE/mpirun"'
  fake pkg-config <<'END'
IFS=: read -ra folders <<<"${PKG_CONFIG_PATH-}"
for folder in "${folders[@]}"; do
  [[ $* == *ompi-c && -r $folder/ompi-c.pc ]] || continue
  [[ $1 != --modversion ]] || sed -n 's/^Version: //p' "$folder/ompi-c.pc"
  exit 0
done
case $* in
"--exists ompi-c") [[ -e $BIN/libopenmpi-dev ]] ;;
"--exists hwloc") [[ -e $BIN/libhwloc-dev ]] ;;
"--exists libxxhash") [[ -e $BIN/libxxhash-dev ]] ;;
"--modversion ompi-c") [[ -e $BIN/libopenmpi-dev ]] && echo 4.1.4 ;;
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
  # Two managers that put Open MPI where no path leads to it, as those systems do.
  fake dnf <<'END'
"$STORE/record" "${0##*/}" "$@"
[[ ${INSTALL_CODE:-0} == 0 ]] || exit "$INSTALL_CODE"
openmpi=$DDP_TRAIN_SYSTEM/usr/lib64/openmpi libraries=lib
[[ ${0##*/} == dnf ]] || openmpi=$DDP_TRAIN_SYSTEM/usr/lib64/mpi/gcc/openmpi4 libraries=lib64
for package; do
  # The headers' package needs the library's.
  if [[ $package == openmpi* ]]; then
    mkdir -p "$openmpi"/{bin,$libraries/pkgconfig}
    cp -f "$STORE/mpirun" "$openmpi/bin/mpirun" && : >"$openmpi/$libraries/libmpi.so.40"
  fi
  case $package in
  openmpi-devel | openmpi4-devel) echo 'Version: 4.1.4' >"$openmpi/$libraries/pkgconfig/ompi-c.pc" ;;
  hwloc-devel) : >"$BIN/libhwloc-dev" ;;
  xxhash-devel) : >"$BIN/libxxhash-dev" ;;
  pkgconf-pkg-config | pkg-config) ln -sf "$STORE/pkg-config" "$BIN/pkg-config" ;;
  gnuplot) ln -sf "$STORE/gnuplot" "$BIN/gnuplot" ;;
  esac
done
END
  cp "$store/dnf" "$store/zypper"
  fake uname <<<'echo "${MACHINE-x86_64}"'
  fake mpicc <<'END'
case $1 in
--showme:version) echo "${MPICC_SAYS-mpicc: Open MPI 5.0.7 (Language: C)}" ;;
--showme:compile) echo "-I/opt/a/include -I/opt/a/include/openmpi -pthread" ;;
--showme:link) echo "-L/opt/a/lib64 -Wl,-rpath -Wl,/opt/a/lib64 -Wl,--enable-new-dtags -lmpi" ;;
esac
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
  is_system debian '' 12 'Debian GNU/Linux 12 (bookworm)'
  # Some tests run as nobody.
  chmod -R a+rwX "$work"
}

# is_system ID LIKE VERSION NAME: what the machine's os-release says; the system's folders are gone.
is_system() {
  rm -rf -- "$system"
  mkdir -p "$system/etc"
  printf 'NAME=x\nID=%s\nID_LIKE="%s"\nVERSION_ID="%s"\nPRETTY_NAME="%s"\n' "$@" >"$system/etc/os-release"
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
    env -i PATH="$bin:$toolbox" STORE="$store" BIN="$bin" LOG="$log" DDP_TRAIN_SYSTEM="$system" \
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
