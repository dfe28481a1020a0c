# shellcheck shell=bash
# An arm64 Debian in a folder, whose programs run on x86-64 through the emulator. Sourced, after tools.sh.
#
# Everything happens in namespaces of this script's own: a kernel of Linux 6.7 or newer lets each user namespace
# have its own binfmt_misc, where the emulator is registered. The machine's own registrations, mounts and users are
# neither seen nor changed, and all of it is gone with the last process.
# shellcheck disable=SC2154  # tools.sh sets them

# Debian's own Swift for arm64 is in sid alone; Open MPI and the rest must fit it.
arm64_suite=sid
arm64_packages=(swiftlang libc6-dev pkgconf libopenmpi-dev openmpi-bin libhwloc-dev libxxhash-dev git)

arm64_process=  # unshare's, while something runs inside

# Little-endian 64-bit ELF programs and shared objects for machine 0xb7 (the kernel's Documentation/admin-guide/
# binfmt-misc.rst; QEMU's scripts/qemu-binfmt-conf.sh). F: the emulator is opened now, from outside the root.
arm64_magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
arm64_mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'

# Whether this machine can have a root: 77, after one line, where it cannot.
arm64_root_tools() {
  if ((EUID != 0)); then
    arm64_say "no arm64 root: only root can give a namespace the users that Debian's packages need"
    return "$arm64_unavailable"
  fi
  arm64_emulator || return
  debian_mmdebstrap || return
  local reason
  reason=$(arm64_inside true 2>&1) || {
    arm64_say "no arm64 root: no namespace with a binfmt_misc of its own (Linux 6.7 or newer): ${reason##*$'\n'}"
    return "$arm64_unavailable"
  }
}

# arm64_inside COMMAND: runs it as root of new namespaces in which arm64 programs start.
arm64_inside() {
  local mapped
  mapped=$(mktemp -u) && mkfifo -m 600 -- "$mapped" || return
  # shellcheck disable=SC2016  # the inner shell's variables
  unshare --user --mount --pid --fork --mount-proc bash -euc '
    read -r _ <"$1"
    mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
    printf "%s" "$2" >/proc/sys/fs/binfmt_misc/register
    shift 2
    exec "$@"' \
    inside "$mapped" ":qemu-aarch64:M::$arm64_magic:$arm64_mask:$arm64_qemu:OCF" "$@" &
  arm64_process=$!
  local code=0
  arm64_map_users "$arm64_process" "$mapped" || kill -KILL "$arm64_process"
  rm -f -- "$mapped"
  wait "$arm64_process" || code=$?
  arm64_process=
  return $code
}

# Ends what arm64_inside runs; for the trap of a script that is interrupted. With the first process of a process
# namespace go all others; unshare, its parent, cannot be relied on to end it (exec has cleared its wish to).
arm64_end() {
  [[ -z $arm64_process ]] || pkill -KILL -P "$arm64_process" || true
}

# Gives the process's namespace the same users as this one's, once it has one, and lets it go on.
arm64_map_users() {
  local process=$1 mapped=$2 here
  here=$(readlink /proc/self/ns/user)
  until [[ $(readlink "/proc/$process/ns/user") != "$here" ]]; do
    [[ -e /proc/$process ]] || return
    sleep 0.05
  done
  echo '0 0 65536' >"/proc/$process/uid_map" &&
    echo '0 0 65536' >"/proc/$process/gid_map" &&
    echo go >"$mapped"
}

# arm64_make_root FOLDER: installs Debian there, where it is not there yet. Takes some ten minutes, for the packages'
# scripts and dpkg itself are emulated.
arm64_make_root() {
  local root=$1
  [[ ! -e $root ]] || return 0
  rm -rf -- "$root.part"
  arm64_say "installing Debian $arm64_suite for arm64 with ${arm64_packages[*]} into $root"
  local packages
  packages=$(IFS=, && echo "${arm64_packages[*]}")
  # A mirror may lag behind; unsafe-io, because a half-made root is thrown away.
  arm64_inside mmdebstrap --mode=root --skip=check/qemu \
    --arch=arm64 --variant=apt --include="$packages" \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt=force-unsafe-io \
    "$arm64_suite" "$root.part" "$(debian_line "$arm64_suite")" >&2 || return
  mv -- "$root.part" "$root"
}

# arm64_fetch_compiler FOLDER: the same Swift for x86-64, with the libraries it is linked against; see swift-frontend.
arm64_fetch_compiler() {
  debian_fetch "$1" "$arm64_suite" usr/libexec/swift/bin/swift-frontend '*' \
    swiftlang libc6 libstdc++6 libgcc-s1 libuuid1 libzstd1 zlib1g
}

# arm64_in_root ROOT CHECKOUT BUILD COMPILER COMMAND: runs it in the root, where the checkout is /ddp-train, read only,
# the build folder /build, and x86-64's Swift /compiler.
arm64_in_root() {
  local root=$1 checkout=$2 build=$3 compiler=$4
  shift 4
  mkdir -p -- "$root"/{ddp-train,build,compiler}
  # shellcheck disable=SC2016  # the inner shell's variables
  arm64_inside bash -euc '
    root=$1
    mount --rbind /dev "$root/dev"
    mount --rbind /proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --bind "$2" "$root/ddp-train"
    mount -o remount,bind,ro "$root/ddp-train"
    mount --bind "$3" "$root/build"
    mount --bind "$4" "$root/compiler"
    shift 4
    exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 chroot "$root" "$@"' \
    in_root "$root" "$checkout" "$build" "$compiler" "$@"
}
