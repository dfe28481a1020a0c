# shellcheck shell=bash
# What the emulated Arm tests need: an emulator with SME2 and an arm64 C library to cross-compile against.
# Sourced; starts nothing by itself. Everything comes as Debian packages; see Tests/debian/packages.sh.
#
#   arm64_tools || exit $?          # 77, after one line that says why, where they cannot be had
#   "$arm64_cc" "${arm64_cflags[@]}" -march=armv9-a+sme2 -c part.c
#   "$arm64_cc" "${arm64_cflags[@]}" "${arm64_ldflags[@]}" part.o -lm -o program
#   arm64_run 64 ./program          # with streaming vectors of 64 bytes
#
# On an Arm machine the same calls compile for and run on it: no emulator, no flags.
# shellcheck disable=SC2034  # the variables are for the scripts that source this

source "$(dirname -- "${BASH_SOURCE[0]}")/../debian/packages.sh"

arm64_cache=$debian_cache/arm64
arm64_unavailable=$debian_skipped

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
  debian_fetch "$arm64_sysroot" "trixie" usr/aarch64-linux-gnu/lib/libc.a '*' \
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
  debian_fetch "$arm64_qemu_folder" "trixie-backports" usr/bin/qemu-aarch64 './usr/bin/qemu-aarch64' qemu-user || return
  arm64_qemu=$arm64_qemu_folder/usr/bin/qemu-aarch64
}

# Fetches the emulator of x86-64 and sets $arm64_qemu_x86.
arm64_emulator_x86() {
  local folder=$arm64_cache/qemu-x86-11
  debian_fetch "$folder" "trixie-backports" usr/bin/qemu-x86_64 './usr/bin/qemu-x86_64' qemu-user || return
  arm64_qemu_x86=$folder/usr/bin/qemu-x86_64
}

# Fetches llvm-mca and sets $arm64_mca. bookworm's, because its libc and libstdc++ are the oldest that it may meet;
# its other libraries come with it.
arm64_mca_tools() {
  debian_fetch "$arm64_mca_folder" "bookworm" usr/lib/llvm-19/bin/llvm-mca '*' llvm-19 libllvm19 \
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
