# shellcheck shell=bash
# A Debian 13 with Open MPI 5 in a folder. Sourced, after Tests/debian/packages.sh. The program is built outside, for Open
# MPI 4.1: both have the same binary interface, and users move programs between them.
# shellcheck disable=SC2154  # packages.sh sets them

openmpi5_suite=trixie
# What jobs, faults and hosts in namespaces use of a system; no compiler of Swift.
openmpi5_packages=(openmpi-bin libhwloc15 gnuplot-nox jq openssh-client openssh-server iproute2 procps bsdutils e2fsprogs
  gcc libc6-dev python3-minimal)
# Another list goes to another folder.
openmpi5_root=$debian_cache/openmpi5-$(printf '%s ' "$openmpi5_suite" "${openmpi5_packages[@]}" | sha256sum | head -c 12)

# Installs Debian into openmpi5_root, where it is not there yet: about two minutes. 77, after one line, where it cannot.
openmpi5_make_root() {
  if ((EUID != 0)); then
    debian_say "no Debian $openmpi5_suite: only root can make its files and namespaces"
    return "$debian_skipped"
  fi
  [[ ! -e $openmpi5_root ]] || return 0
  debian_mmdebstrap || return
  rm -rf -- "$openmpi5_root.part"
  debian_say "installing Debian $openmpi5_suite with Open MPI 5 into $openmpi5_root"
  local packages
  packages=$(IFS=, && echo "${openmpi5_packages[*]}")
  # A mirror may lag behind; unsafe-io, because a half-made root is thrown away.
  mmdebstrap --mode=root --variant=apt --include="$packages" \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
    "$openmpi5_suite" "$openmpi5_root.part" "$(debian_line "$openmpi5_suite")" >"$openmpi5_root.log" 2>&1 || {
    debian_say "cannot make it: $(debian_reason "$openmpi5_root.log")"
    return "$debian_skipped"
  }
  mv -- "$openmpi5_root.part" "$openmpi5_root"
}

# openmpi5_inside CHECKOUT LIBRARIES COMMAND…: runs it in the root, in the checkout's folder, with processes, mounts and
# shared memory of its own. CHECKOUT and the folder of Swift's LIBRARIES have the same paths there. The root is entered by
# pivot_root: in a chroot no user namespace can be made.
openmpi5_inside() {
  local checkout=$1 libraries=$2
  shift 2
  mkdir -p -- "$openmpi5_root$checkout" "$openmpi5_root$libraries" "$openmpi5_root/.outside"
  # shellcheck disable=SC2016  # the inner shell's variables
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 checkout=$2 libraries=$3
    shift 3
    mount --make-rprivate /
    mount --bind "$root" "$root"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o size=50% tmpfs "$root/dev/shm"
    mount -t tmpfs tmpfs "$root/tmp"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mkdir -p -- "$root$checkout"  # once more, for one below /tmp
    mount --bind "$checkout" "$root$checkout"
    mount --bind "$libraries" "$root$libraries"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    cd "$root"
    pivot_root . .outside
    umount -l /.outside
    cd "$checkout"
    exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$@"' \
    inside "$openmpi5_root" "$checkout" "$libraries" "$@"
}
