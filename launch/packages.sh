# shellcheck shell=bash
# What the families of Linux systems call what is needed, how their package managers install it, and where they put Open MPI.
# Sourced by lib.sh. Tests name a folder that stands for / in DDP_TRAIN_SYSTEM.
# shellcheck disable=SC2034,SC2154  # lib.sh's variables, and variables for it

system=${DDP_TRAIN_SYSTEM-}

# One line for each thing: its name here, and the package that has it.
package_table='
             apt-get         dnf                 zypper
mpi          libopenmpi-dev  openmpi-devel       openmpi4-devel
mpirun       openmpi-bin     openmpi             openmpi4
hwloc        libhwloc-dev    hwloc-devel         hwloc-devel
xxhash       libxxhash-dev   xxhash-devel        xxhash-devel
pkg-config   pkg-config      pkgconf-pkg-config  pkg-config
gnuplot      gnuplot-nox     gnuplot             gnuplot
'

# package_name THING: what this system's package manager calls it; Debian's word where there is none.
package_name() {
  local thing apt dnf zypper
  while read -r thing apt dnf zypper; do
    [[ $thing == "$1" ]] || continue
    case ${manager-} in
    dnf) echo "$dnf" ;;
    zypper) echo "$zypper" ;;
    *) echo "$apt" ;;
    esac
    return
  done <<<"$package_table"
}

# Sets system_id, system_like, system_version and system_name from os-release(5); all may be empty.
read_system() {
  local line file
  system_id='' system_like='' system_version='' system_name=''
  for file in "$system"/etc/os-release "$system"/usr/lib/os-release; do
    [[ -r $file ]] || continue
    while IFS= read -r line; do
      local value=${line#*=}
      value=${value#[\"\']} value=${value%[\"\']}
      case $line in
      ID=*) system_id=$value ;;
      ID_LIKE=*) system_like=$value ;;
      VERSION_ID=*) system_version=$value ;;
      PRETTY_NAME=*) system_name=$value ;;
      esac
    done <"$file"
    return
  done
}

# Sets manager to the package manager of this system's family, where it is here, else to one that is here; or to nothing.
choose_manager() {
  local candidate family=
  read_system
  case " $system_id $system_like " in
  *' debian '* | *' ubuntu '*) family='apt-get' ;;
  *' fedora '* | *' rhel '* | *' centos '* | *' amzn '*) family=dnf ;;
  *' suse '* | *' opensuse '* | *' sles '*) family=zypper ;;
  esac
  manager=
  for candidate in $family apt-get dnf zypper; do
    command -v "$candidate" >/dev/null || continue
    manager=$candidate
    return
  done
}

# Sets install_words to the words that install packages, before their names.
set_install_words() {
  case $manager in
  # The lock's holder is often the machine's own unattended upgrade: wait for it.
  apt-get) install_words=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends) ;;
  dnf) install_words=(dnf install -y --setopt=install_weak_deps=False) ;;
  zypper) install_words=(zypper --non-interactive install --no-recommends) ;;
  esac
}

# administrator_line PACKAGE…: prints what root has to run.
administrator_line() {
  case $manager in
  apt-get) echo "apt-get update && apt-get install -y --no-install-recommends $*" ;;
  *)
    local -a install_words
    set_install_words
    echo "${install_words[*]} $*"
    ;;
  esac
}

# Prints the line that adds the repositories of headers where a system of Red Hat's family leaves them out; nothing elsewhere.
repositories_line() {
  local release=${system_version%%.*}
  [[ $manager == dnf ]] || return 0
  case $system_id in
  rhel) echo "subscription-manager repos --enable codeready-builder-for-rhel-$release-$(uname -m)-rpms && dnf install -y https://dl.fedoraproject.org/pub/epel/epel-release-latest-$release.noarch.rpm" ;;
  rocky | almalinux | centos)
    if [[ $release == 8 ]]; then release=powertools; else release=crb; fi
    echo "dnf install -y epel-release dnf-plugins-core && dnf config-manager --set-enabled $release"
    ;;
  esac
}

# install_packages PACKAGE…: by the caller's as_root; ends with the manager's exit code where that fails.
install_packages() {
  local -a install_words
  local code=0 more
  set_install_words
  if [[ $manager == apt-get ]]; then
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update >&2 ||
      say "apt-get update failed; trying with the package lists at hand"
  fi
  "${as_root[@]}" "${install_words[@]}" "$@" >&2 || code=$?
  ((code == 0)) && return
  more=$(repositories_line)
  [[ -z $more ]] || say "if a package was not found, its repository may be off here; root turns it on by:  $more"
  stop $code "$manager install failed (exit code $code)"
}

# ---- Open MPI where only a module shows it ----

# open_mpi_folders: prints the places where systems put an Open MPI outside of PATH, one a line: Fedora and its family; openSUSE;
# Amazon's EFA; NVIDIA's HPC-X.
open_mpi_folders() {
  local folder
  for folder in "${MPI_HOME-}" "${HPCX_MPI_DIR-}" "$system"/usr/lib64/openmpi "$system"/usr/lib64/mpi/gcc/openmpi{5,4} \
    "$system"/opt/amazon/openmpi{5,} "$system"/opt/hpcx*/ompi "$system"/opt/nvidia/hpc_sdk/Linux_*/*/comm_libs/hpcx/hpcx-*/ompi; do
    [[ -z $folder || ! -x $folder/bin/mpirun ]] || echo "$folder"
  done
}

# Loads the system's own module of Open MPI, where there are modules. Fails where nothing was loaded.
load_module() {
  local file
  if ! declare -F module >/dev/null; then
    for file in "$system"/etc/profile.d/{modules,lmod}.sh "$system"/usr/share/{Modules,lmod/lmod}/init/bash; do
      # Not written for set -eu.
      # shellcheck disable=SC1090
      [[ ! -r $file ]] || { set +eu && source "$file" >/dev/null 2>&1; set -eu; break; }
    done
  fi
  declare -F module >/dev/null || return 1
  set +eu
  module load "mpi/openmpi-$(uname -m)" >/dev/null 2>&1
  set -eu
  has_open_mpi
}

# Whether an mpirun of Open MPI's is here, and, unless all is built already, its headers.
has_open_mpi() { [[ -n $(open_mpi_launchers) ]] && { [[ -n $installed ]] || has_mpi_headers; }; }

# Whether pkg-config or Open MPI's mpicc can say how to compile for it.
has_mpi_headers() { pkg-config --exists ompi-c 2>/dev/null || [[ -n $(mpicc_version) ]]; }

# Prints the version of Open MPI that mpicc compiles for; nothing where it is another library's, or none.
mpicc_version() {
  local words
  words=$(mpicc --showme:version 2>/dev/null) || return 0
  [[ $words =~ Open\ MPI\ ([^[:space:]]+) ]] && echo "${BASH_REMATCH[1]}"
  return 0
}

# Looks for Open MPI outside of PATH, where PATH has none, and puts it there: into PATH, PKG_CONFIG_PATH and LD_LIBRARY_PATH.
# Sets mpi_libraries to its folder of libraries, for the programs that are linked against it.
find_open_mpi() {
  local folder libraries
  has_open_mpi && return
  if load_module; then
    say "Open MPI: module mpi/openmpi-$(uname -m)"
    folder=$(type -P mpirun)
    folder=${folder%/bin/mpirun}
    for libraries in "$folder"/lib64 "$folder"/lib; do
      [[ ! -e $libraries/libmpi.so ]] || mpi_libraries=$libraries
    done
    return
  fi
  while IFS= read -r folder; do
    for libraries in "$folder"/lib64 "$folder"/lib; do
      [[ -e $libraries/libmpi.so || -e $libraries/libmpi.so.40 ]] || continue
      local before=$PATH path=${PKG_CONFIG_PATH-} loader=${LD_LIBRARY_PATH-}
      export PATH=$folder/bin:$PATH PKG_CONFIG_PATH=$libraries/pkgconfig${path:+:$path} \
        LD_LIBRARY_PATH=$libraries${loader:+:$loader}
      if has_open_mpi; then
        mpi_libraries=$libraries
        say "Open MPI: $folder"
        return
      fi
      PATH=$before PKG_CONFIG_PATH=$path LD_LIBRARY_PATH=$loader
    done
  done < <(open_mpi_folders)
}

# Where pkg-config does not know Open MPI, and mpicc does: writes an ompi-c.pc of mpicc's words into the folder, for the build.
write_pkg_config() { # FOLDER
  local word version
  local -a compile=() link=() words
  pkg-config --exists ompi-c 2>/dev/null && return
  version=$(mpicc_version)
  [[ -n $version ]] || return 0
  # The package manager of Swift takes these words and no others.
  read -ra words <<<"$(mpicc --showme:compile)"
  for word in "${words[@]}"; do [[ $word != -I* ]] || compile+=("$word"); done
  read -ra words <<<"$(mpicc --showme:link)"
  for word in "${words[@]}"; do
    [[ $word != -[Ll]* ]] || link+=("$word")
    [[ $word != -L* || -n $mpi_libraries ]] || mpi_libraries=${word#-L}
  done
  mkdir -p -- "$1/pkgconfig"
  printf '%s\n' 'Name: ompi-c' 'Description: Open MPI, as its mpicc says' "Version: $version" \
    "Cflags: ${compile[*]}" "Libs: ${link[*]}" >"$1/pkgconfig/ompi-c.pc"
  export PKG_CONFIG_PATH=$1/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
}

# ---- Swift ----

# swift_advice: prints what to do for a Swift of this system and machine. swift.org has pages of these systems; Debian itself has
# Swift 6.2 in sid.
swift_advice() {
  local site=https://www.swift.org/install/linux page machine where
  machine=$(uname -m)
  read_system
  case $system_id:$system_version in
  debian:1[23]) page=debian/$system_version ;;
  ubuntu:2[246].04) page=ubuntu/${system_version/./_} ;;
  fedora:*) page=fedora ;;
  amzn:2 | amzn:2023) page=amazonlinux/$system_version ;;
  rhel:9* | rocky:9* | almalinux:9* | centos:9* | rhel:10* | rocky:10* | almalinux:10* | centos:10*) page=ubi/${system_version%%.*} ;;
  *) page='' ;;
  esac
  where="$oldest_swift or newer for ${system_name:-this system} on $machine"
  if [[ $machine != @(x86_64|aarch64) ]]; then
    echo "install Swift $where: swift.org has none"
  elif [[ $system_id == debian && -z $system_version ]]; then
    echo "install Swift $where: apt-get install swiftlang"
  elif [[ -n $page ]]; then
    echo "install Swift $where, from $site/$page or by swiftly ($site/swiftly), and put its usr/bin in PATH"
  else
    echo "install Swift $where: swift.org names none for it, $site lists what it has. A bundle that launch/bundle made elsewhere runs without Swift"
  fi
}
