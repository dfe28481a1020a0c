# shellcheck shell=bash
# What the emulated Arm tests need: an emulator with SME2 and an arm64 C library to cross-compile against.
# Sourced; starts nothing by itself. Everything comes as Debian packages, checked by apt against Debian's keys, and
# is unpacked into a folder of the user's cache: no root, nothing installed, the system's apt left as it is.
#
#   arm64_tools || exit $?          # 77, after one line that says why, where they cannot be had
#   "$arm64_cc" "${arm64_cflags[@]}" -march=armv9-a+sme2 -c part.c
#   "$arm64_cc" "${arm64_cflags[@]}" "${arm64_ldflags[@]}" part.o -lm -o program
#   arm64_run 64 ./program          # with streaming vectors of 64 bytes
#
# On an Arm machine the same calls compile for and run on it: no emulator, no flags.
# shellcheck disable=SC2034  # the variables are for the scripts that source this

arm64_cache=${XDG_CACHE_HOME:-$HOME/.cache}/ddp-train/arm64
arm64_unavailable=77  # automake's code for a skipped test

arm64_cc=        # the Swift toolchain's clang: the kernels' own compiler
arm64_qemu=      # the emulator; empty on an Arm machine
arm64_qemu_x86=
arm64_cflags=()
arm64_ldflags=()
arm64_mca=()     # llvm-mca, with what must stand before it; set by arm64_mca_tools

# The names of the folders in the cache say what they hold: another version goes to another folder.
# bookworm's emulator, 7.2, has no SME2. gcc 14's libgcc has __arm_tpidr2_save, which __arm_new("za") calls.
arm64_qemu_folder=$arm64_cache/qemu-11
arm64_sysroot=$arm64_cache/sysroot-trixie
arm64_mca_folder=$arm64_cache/llvm-mca-19

arm64_say() { printf 'arm64: %s\n' "$*" >&2; }

# Fetches what is missing and sets $arm64_cc, $arm64_qemu, $arm64_cflags and $arm64_ldflags.
arm64_tools() {
  arm64_find_clang || return
  [[ $(uname -m) != aarch64 ]] || return 0
  arm64_emulator || return
  arm64_fetch "$arm64_sysroot" "trixie" usr/aarch64-linux-gnu/lib/libc.a '*' \
    libc6-arm64-cross libc6-dev-arm64-cross linux-libc-dev-arm64-cross libgcc-s1-arm64-cross \
    libgcc-14-dev-arm64-cross || return
  # Only static programs: a dynamic one would look for its libraries in the system's folders.
  arm64_cflags=(--target=aarch64-linux-gnu "--sysroot=$arm64_sysroot"
    -isystem "$arm64_sysroot/usr/aarch64-linux-gnu/include")
  arm64_ldflags=(-fuse-ld=lld -static --rtlib=libgcc)
}

# Fetches the emulator alone and sets $arm64_qemu.
arm64_emulator() {
  [[ $(uname -m) != aarch64 ]] || return 0
  arm64_fetch "$arm64_qemu_folder" "trixie-backports" usr/bin/qemu-aarch64 './usr/bin/qemu-aarch64' qemu-user || return
  arm64_qemu=$arm64_qemu_folder/usr/bin/qemu-aarch64
}

# Fetches the emulator of x86-64 and sets $arm64_qemu_x86.
arm64_emulator_x86() {
  local folder=$arm64_cache/qemu-x86-11
  arm64_fetch "$folder" "trixie-backports" usr/bin/qemu-x86_64 './usr/bin/qemu-x86_64' qemu-user || return
  arm64_qemu_x86=$folder/usr/bin/qemu-x86_64
}

# Fetches llvm-mca and sets $arm64_mca. bookworm's, because its libc and libstdc++ are the oldest that it may meet;
# its other libraries come with it.
arm64_mca_tools() {
  arm64_fetch "$arm64_mca_folder" "bookworm" usr/lib/llvm-19/bin/llvm-mca '*' llvm-19 libllvm19 \
    libedit2 libbsd0 libmd0 libtinfo6 libffi8 libxml2 libicu72 liblzma5 libz3-4 libzstd1 zlib1g || return
  local libraries=$arm64_mca_folder/usr/lib/x86_64-linux-gnu
  arm64_mca=(env "LD_LIBRARY_PATH=$libraries:$arm64_mca_folder/lib/x86_64-linux-gnu"
    "$arm64_mca_folder/usr/lib/llvm-19/bin/llvm-mca")
}

# arm64_run BYTES PROGRAM [ARGUMENTS]: runs it with streaming vectors of that many bytes: 16, 32, 64, 128 or 256.
# An Arm machine has only its own length.
arm64_run() {
  local bytes=$1
  shift
  if [[ -z $arm64_qemu ]]; then
    "$@"
  else
    "$arm64_qemu" -cpu "max,sme-default-vector-length=$bytes" "$@"
  fi
}

arm64_find_clang() {
  local swift
  swift=$(command -v swift) || {
    arm64_say "no Arm programs: there is no swift in PATH, whose clang compiles them"
    return $arm64_unavailable
  }
  # swiftly's swift is a link to swiftly, Debian's one into the toolchain.
  for arm64_cc in "$(dirname -- "$swift")/clang" "$(dirname -- "$(realpath -- "$swift")")/clang"; do
    [[ ! -x $arm64_cc ]] || return 0
  done
  arm64_say "no Arm programs: there is no clang beside $swift"
  return $arm64_unavailable
}

# arm64_fetch FOLDER SUITE FILE PATTERN PACKAGES: unpacks the packages' files that match the pattern into the folder,
# where FILE is not there yet.
arm64_fetch() {
  local folder=$1 suite=$2 file=$3 pattern=$4
  shift 4
  # The folder gets its name when it is complete, and not before.
  [[ ! -e $folder/$file ]] || return 0
  arm64_can_fetch "$@" || return
  mkdir -p -- "$arm64_cache" 2>/dev/null || {
    arm64_say "cannot fetch $*: $arm64_cache cannot be made"
    return $arm64_unavailable
  }
  (
    exec {lock}>"$arm64_cache/lock"
    flock "$lock"  # another run may be fetching the same
    [[ ! -e $folder/$file ]] || exit 0
    work=$(mktemp -d -- "$arm64_cache/.fetching-XXXXXX") || exit $arm64_unavailable
    trap 'rm -rf -- "$work"' EXIT
    arm64_say "fetching $* from Debian $suite into $folder"
    if ! arm64_download "$work" "$suite" "$@" >"$work/log" 2>&1; then
      arm64_say "cannot fetch $*: $(arm64_reason "$work/log")"
      exit $arm64_unavailable
    fi
    if ! arm64_unpack "$work" "$pattern" >"$work/log" 2>&1 || [[ ! -e $work/root/$file ]]; then
      arm64_say "cannot unpack $*: $(arm64_reason "$work/log")"
      exit $arm64_unavailable
    fi
    rm -rf -- "$folder"
    mv -- "$work/root" "$folder"
  )
}

arm64_can_fetch() {
  local system
  system="$(uname -s) $(uname -m)"
  if [[ $system != 'Linux x86_64' ]]; then
    arm64_say "cannot use Debian's $*: they are for Linux on x86-64, and this is $system"
    return $arm64_unavailable
  fi
  local command
  for command in apt-get apt-config dpkg-deb flock; do
    command -v "$command" >/dev/null || {
      arm64_say "cannot fetch $*: there is no $command here"
      return $arm64_unavailable
    }
  done
  arm64_keyring >/dev/null || {
    arm64_say "cannot check $*: Debian's keys are not here (package debian-archive-keyring)"
    return $arm64_unavailable
  }
}

arm64_keyring() {
  local file
  for file in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
    if [[ -r $file ]]; then
      echo "$file"
      return
    fi
  done
  return 1
}

# The mirror this machine already uses, where it is Debian: it may reach no other.
arm64_mirror() {
  local uri
  while read -r uri; do
    [[ $uri != */debian/ ]] || break
  done < <(apt-get indextargets --format "\$(REPO_URI)" 'Created-By: Packages' 2>/dev/null)
  [[ $uri == */debian/ ]] || uri=http://deb.debian.org/debian/
  echo "$uri"
}

# arm64_download WORK SUITE PACKAGES: to WORK/packages, with apt's sources, lists and status in WORK too.
arm64_download() {
  local work=$1 suite=$2
  shift 2
  mkdir -p "$work"/{lists/partial,archives/partial,packages} && : >"$work/status" || return
  cat >"$work/debian.sources" <<END || return
Types: deb
URIs: $(arm64_mirror)
Suites: $suite
Components: main
Architectures: amd64
Signed-By: $(arm64_keyring)
END
  # Of the system's settings only how it reaches a mirror: its hooks and pins are for its own packages.
  {
    apt-config dump | grep '^Acquire::'
    cat <<END
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::sourcelist "$work/debian.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$work";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work";
Dir::Cache::archives "$work/archives";
Dir::Log "$work";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
END
  } >"$work/apt.conf" || return
  APT_CONFIG=$work/apt.conf apt-get update --error-on=any &&
    (cd -- "$work/packages" && APT_CONFIG=$work/apt.conf apt-get download "$@")
}

arm64_unpack() {
  local work=$1 pattern=$2 package
  mkdir -- "$work/root" || return
  for package in "$work"/packages/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work/root" --wildcards "$pattern" || return
  done
}

# The line of a log that says what went wrong, for a message of one line.
arm64_reason() {
  local line
  line=$(grep -m 1 '^E: ' -- "$1") || line=$(tail -n 1 -- "$1")
  echo "${line:-no reason given}"
}
