# shellcheck shell=bash
# A Debian 13 with Open MPI 5 in a folder. Sourced, after Tests/debian/packages.sh and roots.sh. The program is built outside, for Open
# MPI 4.1: both have the same binary interface, and users move programs between them.
# shellcheck disable=SC2154  # packages.sh sets them

openmpi5_suite=trixie
# What jobs, faults and hosts in namespaces use of a system; no compiler of Swift.
openmpi5_packages=(openmpi-bin libhwloc15 gnuplot-nox jq openssh-client openssh-server iproute2 procps bsdutils e2fsprogs
  gcc libc6-dev python3-minimal)
# Another list goes to another folder.
openmpi5_root=$debian_cache/openmpi5-$(printf '%s ' "$openmpi5_suite" "${openmpi5_packages[@]}" | sha256sum | head -c 12)

# Installs Debian into openmpi5_root, where it is not there yet. 77, after one line, where it cannot.
openmpi5_make_root() { debian_make_root "$openmpi5_root" "$openmpi5_suite" "${openmpi5_packages[@]}"; }

# openmpi5_inside CHECKOUT LIBRARIES COMMAND…: runs it in the root, in the checkout's folder. CHECKOUT and the folder of Swift's LIBRARIES
# have the same paths there.
openmpi5_inside() { debian_inside "$openmpi5_root" --bind "$1" --bind "$2" "${@:3}"; }
