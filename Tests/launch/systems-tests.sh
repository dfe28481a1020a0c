# shellcheck shell=bash
# What launch/ calls and says on other systems than Debian: their package managers, the folders where they put Open MPI, and where
# each gets Swift. Sourced by run, after set-up-tests.sh.

debian12() { is_system debian '' 12 'Debian GNU/Linux 12 (bookworm)'; }
fedora() { is_system fedora '' 43 'Fedora Linux 43'; }
rocky() { is_system rocky 'rhel centos fedora' 9.6 'Rocky Linux 9.6 (Blue Onyx)'; }
amazon() { is_system amzn fedora 2023 'Amazon Linux 2023'; }
opensuse() { is_system opensuse-leap 'suse opensuse' 15.6 'openSUSE Leap 15.6'; }

# manager_call MANAGER PACKAGES-IN-BRACKETS
manager_call() {
  case $1 in
  apt-get) apt_call "$2" ;;
  dnf) echo "dnf <install> <-y> <--setopt=install_weak_deps=False> $2" ;;
  zypper) echo "zypper <--non-interactive> <install> <--no-recommends> $2" ;;
  esac
}

# Each line of the table: the machine lacks one thing, in the words of its manager.
test_package_table() {
  ((EUID == 0)) || return 0
  local thing fake manager name words
  local -A system_of=([apt-get]=debian12 [dnf]=fedora [zypper]=opensuse)
  # Without pkg-config nothing tells what is here.
  local -A all=([apt-get]='<pkg-config> <libopenmpi-dev> <libhwloc-dev> <libxxhash-dev>'
    [dnf]='<pkgconf-pkg-config> <openmpi-devel> <hwloc-devel> <xxhash-devel>'
    [zypper]='<pkg-config> <openmpi4-devel> <hwloc-devel> <xxhash-devel>')
  while read -r thing fake words; do
    for manager in apt-get dnf zypper; do
      read -r name words <<<"$words"
      "${system_of[$manager]}"
      # shellcheck disable=SC2046  # words
      has $(printf '%s\n' swift "$manager" pkg-config mpirun libopenmpi-dev libhwloc-dev libxxhash-dev gnuplot | grep -vx -- "$fake")
      name="<$name>"
      [[ $thing != pkg-config ]] || name=${all[$manager]}
      run "$package/launch/test"
      check "$manager: $thing" "0 $(manager_call "$manager" "$name")" "$code $(grep "^$manager" <<<"$calls")"
    done
  done <<'END'
mpi        libopenmpi-dev libopenmpi-dev openmpi-devel      openmpi4-devel
mpirun     mpirun         openmpi-bin    openmpi            openmpi4
hwloc      libhwloc-dev   libhwloc-dev   hwloc-devel        hwloc-devel
xxhash     libxxhash-dev  libxxhash-dev  xxhash-devel       xxhash-devel
pkg-config pkg-config     pkg-config     pkgconf-pkg-config pkg-config
gnuplot    gnuplot        gnuplot-nox    gnuplot            gnuplot
END
}

# built_with LIBRARIES: the build's calls where Open MPI's libraries are in a folder of their own.
built_with() { echo "${build_call//<--package-path>/<-Xlinker> <-rpath> <-Xlinker> <$1> <--package-path>}"; }

# From nothing to a run, where Open MPI is found in the system's own folder afterwards.
test_bare_systems() {
  ((EUID == 0)) || return 0
  local libraries=$system/usr/lib64/openmpi/lib
  local packages='<pkgconf-pkg-config> <openmpi-devel> <hwloc-devel> <xxhash-devel> <openmpi>'
  local name
  for name in fedora rocky amazon; do
    "$name"
    has swift dnf
    run SAY_MPI=1 "$package/launch/train"
    check "bare $name: installs, finds Open MPI, builds, runs" "$(
      manager_call dnf "$packages"
      built_with "$libraries"
      job_call
      echo "mpirun: $system/usr/lib64/openmpi/bin/mpirun, loader: $libraries, pkg-config: $libraries/pkgconfig"
    )" "$calls"
  done
  opensuse
  has swift zypper
  libraries=$system/usr/lib64/mpi/gcc/openmpi4/lib64
  run SAY_MPI=1 "$package/launch/train"
  check "bare openSUSE: installs, finds Open MPI, builds, runs" "$(
    manager_call zypper '<pkg-config> <openmpi4-devel> <hwloc-devel> <xxhash-devel> <openmpi4>'
    built_with "$libraries"
    job_call
    echo "mpirun: ${libraries%/lib64}/bin/mpirun, loader: $libraries, pkg-config: $libraries/pkgconfig"
  )" "$calls"

  fedora
  has swift apt-get dnf pkg-config mpirun libopenmpi-dev libhwloc-dev
  run "$package/launch/train"
  check "the system's own manager, where another's is here as well" "$(manager_call dnf '<xxhash-devel>')" "$(head -n 1 <<<"$calls")"
  is_system '' '' '' ''
  has swift zypper pkg-config mpirun libopenmpi-dev libhwloc-dev
  run "$package/launch/train"
  check "a system without a name: the manager that is here" "$(manager_call zypper '<xxhash-devel>')" "$(head -n 1 <<<"$calls")"
}

# Packages that the manager does not find: where they are, on systems that keep headers apart.
test_repositories() {
  ((EUID == 0)) || return 0
  local -a machine=(swift dnf pkg-config mpirun libopenmpi-dev libxxhash-dev)
  rocky
  has "${machine[@]}"
  run INSTALL_CODE=1 "$package/launch/train"
  check "a failed install ends it with the manager's code" "1 $(manager_call dnf '<hwloc-devel>')" "$code $calls"
  check_says "Rocky 9: names the repositories" \
    "root turns it on by:  dnf install -y epel-release dnf-plugins-core && dnf config-manager --set-enabled crb"
  is_system centos 'rhel fedora' 8 'CentOS Stream 8'
  run INSTALL_CODE=1 "$package/launch/train"
  check_says "release 8: its name there" "--set-enabled powertools"
  is_system rhel fedora 9.4 'Red Hat Enterprise Linux 9.4 (Plow)'
  has "${machine[@]}" uname
  run INSTALL_CODE=1 MACHINE=aarch64 "$package/launch/train"
  check_says "RHEL 9: its own" "subscription-manager repos --enable codeready-builder-for-rhel-9-aarch64-rpms && dnf install -y https://dl.fedoraproject.org/pub/epel/epel-release-latest-9.noarch.rpm"
  fedora
  run INSTALL_CODE=1 "$package/launch/train"
  check "Fedora has no such repositories" 0 "$(grep -c repository <<<"$err")"
}

# What an administrator is asked for does all that is needed, once somebody has run it.
test_administrator() {
  ((EUID == 0)) || return 0
  local line name
  local -A manager=([fedora]=dnf [opensuse]=zypper [debian12]=apt-get)
  for name in fedora opensuse debian12; do
    "$name"
    has swift "${manager[$name]}"
    as_user run "$package/launch/train"
    check "$name, neither root nor sudo: stops before the build" "69 " "$code $calls"
    line=$(sed -n 's/^launch:   //p' <<<"$err")
    run bash -c "$line"
    check "$name: the administrator's line runs" "0 ${manager[$name]}" "$code ${calls%% *}"
    chmod -R a+rX "$system" "$bin"
    as_user run "$package/launch/train"
    check "$name: and after it nothing is missing" "0 swift" "$code ${calls%% *}"
  done
  rocky
  has swift dnf
  as_user run "$package/launch/train"
  check_says "Rocky: the line for the repositories besides" "and, if a package is not found then, before it:  dnf install -y epel-release"
}

# open_mpi_at FOLDER LIBRARIES: an Open MPI in a folder of the system.
open_mpi_at() {
  mkdir -p "$1/bin" "$1/$2/pkgconfig"
  cp -f "$store/mpirun" "$1/bin/mpirun"
  : >"$1/$2/libmpi.so"
  echo 'Version: 4.1.4' >"$1/$2/pkgconfig/ompi-c.pc"
}

test_open_mpi_elsewhere() {
  local place
  local -a machine=(swift apt-get pkg-config libhwloc-dev libxxhash-dev)
  for place in usr/lib64/openmpi:lib usr/lib64/mpi/gcc/openmpi5:lib64 usr/lib64/mpi/gcc/openmpi4:lib64 opt/amazon/openmpi5:lib64 \
    opt/amazon/openmpi:lib64 opt/hpcx-v2.21-gcc/ompi:lib opt/nvidia/hpc_sdk/Linux_aarch64/25.1/comm_libs/hpcx/hpcx-2.20/ompi:lib; do
    amazon
    has "${machine[@]}"
    local folder=$system/${place%:*} libraries=${place#*:}
    open_mpi_at "$folder" "$libraries"
    run SAY_MPI=1 "$package/launch/train"
    check "Open MPI in ${place%:*}" "$(built_with "$folder/$libraries")
$(job_call)
mpirun: $folder/bin/mpirun, loader: $folder/$libraries, pkg-config: $folder/$libraries/pkgconfig" "$calls"
    check_says "and it says so" "launch: Open MPI: $folder"
  done

  amazon
  has "${machine[@]}"
  open_mpi_at "$work/mine" lib
  run SAY_MPI=1 MPI_HOME="$work/mine" "$package/launch/train"
  check "Open MPI in MPI_HOME" "mpirun: $work/mine/bin/mpirun" "$(sed -n 's/, loader.*//; $p' <<<"$calls")"

  # A module, as environment-modules sets it up.
  amazon
  mkdir -p "$system/etc/profile.d"
  open_mpi_at "$work/module" lib
  cat >"$system/etc/profile.d/modules.sh" <<END
module() {
  [[ \$1 == load && \$2 == mpi/openmpi-aarch64 ]] || return 1
  export PATH=$work/module/bin:\$PATH PKG_CONFIG_PATH=$work/module/lib/pkgconfig
}
false # it is no script for set -e
END
  has "${machine[@]}" uname
  run SAY_MPI=1 MACHINE=aarch64 "$package/launch/train"
  check "Open MPI by module load" "$(built_with "$work/module/lib")
$(job_call)
mpirun: $work/module/bin/mpirun, loader: , pkg-config: $work/module/lib/pkgconfig" "$calls"
  check_says "and it says so" "launch: Open MPI: module mpi/openmpi-aarch64"
  ((EUID == 0)) || return 0
  run MACHINE=x86_64 "$package/launch/train"
  check "no such module: the packages are installed" "apt-get" "${calls%% *}"
}

# An Open MPI that pkg-config does not know: mpicc says how to compile.
test_mpicc() {
  debian12
  has swift apt-get pkg-config libhwloc-dev libxxhash-dev mpirun mpicc
  local pc=$package/.build/pkgconfig/ompi-c.pc
  run SAY_MPI=1 MPIRUN_SAYS='mpirun (Open MPI) 5.0.7' "$package/launch/train"
  check "mpicc alone: builds by its words" "$(built_with /opt/a/lib64)
$(job_call)
mpirun: $bin/mpirun, loader: , pkg-config: ${pc%/*}" "$calls"
  check "which are in a file for pkg-config, those that Swift's package manager takes" "Version: 5.0.7
Cflags: -I/opt/a/include -I/opt/a/include/openmpi
Libs: -L/opt/a/lib64 -lmpi" "$(sed 1,2d "$pc")"
  check "no word about another version" 0 "$(grep -c warning <<<"$err")"
  rm -r -- "${pc%/*}"
  ((EUID == 0)) || return 0
  run MPICC_SAYS='mpicc for MPICH version 4.0.2' "$package/launch/train"
  check "MPICH's mpicc is none of it" "apt-get" "${calls%% *}"
}

# No Swift: where this system gets it, in one line.
test_swift_advice() {
  local site=https://www.swift.org/install/linux words machine page name
  has "${complete[@]:1}" uname
  while IFS='|' read -r words machine page; do
    eval "is_system $words"
    name=$(sed -n 's/PRETTY_NAME="\(.*\)"/\1/p' "$system/etc/os-release")
    run MACHINE="$machine" "$package/launch/train"
    check "no Swift, $name, $machine: one line" "69 1 " "$code $(wc -l <<<"$err") $calls"
    check_says "that says where it is" "there is no swift in PATH: install Swift 6.2 or newer for $name on $machine$page"
  done <<END
debian '' 12 'Debian GNU/Linux 12 (bookworm)'|x86_64|, from $site/debian/12 or by swiftly ($site/swiftly), and put its usr/bin in PATH
debian '' 13 'Debian GNU/Linux 13 (trixie)'|aarch64|, from $site/debian/13 or by swiftly
debian '' '' 'Debian GNU/Linux forky/sid'|aarch64|: apt-get install swiftlang
ubuntu debian 24.04 'Ubuntu 24.04.2 LTS'|aarch64|, from $site/ubuntu/24_04 or by swiftly
fedora '' 43 'Fedora Linux 43'|x86_64|, from $site/fedora or by swiftly
amzn fedora 2023 'Amazon Linux 2023'|aarch64|, from $site/amazonlinux/2023 or by swiftly
rocky 'rhel centos fedora' 9.6 'Rocky Linux 9.6'|x86_64|, from $site/ubi/9 or by swiftly
rhel fedora 10.0 'Red Hat Enterprise Linux 10.0'|aarch64|, from $site/ubi/10 or by swiftly
opensuse-leap 'suse opensuse' 15.6 'openSUSE Leap 15.6'|x86_64|: swift.org names none for it, $site lists what it has. A bundle
debian '' 12 'Debian GNU/Linux 12 (bookworm)'|riscv64|: swift.org has none
END
  debian12
}
