# shellcheck shell=bash
# Set-up that the scripts share: the toolchain, the system's packages, Open MPI's mpirun, ddp-launch.
# Sourced. Afterwards: $checkout is the package's folder, $mpirun an Open MPI mpirun.
# shellcheck disable=SC2034  # some variables are for the scripts that source this

checkout=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/..")
# The program, where launch/install has put these scripts beside it: then there is nothing to build. Empty in a checkout.
installed=
[[ ! -r $checkout/manifest ]] || installed=$(realpath -m -- "$checkout/../../bin/ddp-train")
mpirun=
mpi_libraries=    # set where Open MPI's are in a folder that the system's loader does not look into
asks_on_terminal= # whether somebody can answer a question
needs_gnuplot=  # set by callers that draw figures

oldest_swift=6.2
exit_usage=64        # sysexits.h: a variable of the caller is wrong
exit_unavailable=69  # sysexits.h: this machine lacks something that could not be installed

# Messages go to stderr, so that stdout holds the trainer's output and nothing else.
say() { printf 'launch: %s\n' "$*" >&2; }

stop() {
  local code=$1
  shift
  say "$@"
  exit "$code"
}

source "$(dirname -- "${BASH_SOURCE[0]}")/packages.sh"

# find_ddp_launch [ARGUMENT…]: sets ddp_launch, which starts all jobs: the one beside the program that --program names among the
# arguments, or the one that is installed, or this checkout's. DDP_LAUNCH names another.
find_ddp_launch() {
  local word before='' named=''
  for word; do
    [[ $before != --program ]] || named=$word
    [[ $word != --program=* ]] || named=${word#*=}
    [[ $word != -- ]] || break
    before=$word
  done
  ddp_launch=${DDP_LAUNCH-}
  [[ -z $named || -n $ddp_launch || ! -x ${named%/*}/ddp-launch ]] || ddp_launch=$(realpath -- "${named%/*}/ddp-launch")
  ddp_launch=${ddp_launch:-${installed:+${installed%/*}/ddp-launch}}
  ddp_launch=${ddp_launch:-$checkout/.build/release/ddp-launch}
  [[ -f $ddp_launch && -x $ddp_launch ]] ||
    stop $exit_unavailable "there is no program $ddp_launch: build it (swift build -c release --product ddp-launch)"
}

set_up() {
  # Nothing here reads standard input, but a run that is told to (keep_input): in a loop over lines the next ones are the caller's. mpirun would hand it to rank 0.
  if [[ -t 0 && -t 2 ]]; then asks_on_terminal=1; fi
  exec </dev/null
  [[ -n $installed ]] || require_swift
  find_open_mpi
  install_missing_packages
  choose_mpirun
  allow_root_ranks
}

require_swift() {
  command -v swift >/dev/null || stop $exit_unavailable "there is no swift in PATH: $(swift_advice)"
  local version
  version=$(swift --version 2>&1) || stop $exit_unavailable "swift does not start: $version"
  [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] ||
    stop $exit_unavailable "cannot read a version in the answer of swift --version: $version"
  local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
  ((major > ${oldest_swift%.*} || (major == ${oldest_swift%.*} && minor >= ${oldest_swift#*.}))) ||
    stop $exit_unavailable "Swift $major.$minor at $(command -v swift) is too old: $(swift_advice)"
}

# Prints the packages this machine lacks, by the names that its package manager knows, one a line.
missing_packages() {
  if [[ -n $installed ]]; then
    : # what the build needs is not needed any more
  elif ! command -v pkg-config >/dev/null; then
    # Nothing can tell then whether the libraries are here; the package manager leaves alone what is.
    local thing
    for thing in pkg-config mpi hwloc xxhash; do package_name "$thing"; done
  else
    has_mpi_headers || package_name mpi
    pkg-config --exists hwloc || package_name hwloc
    pkg-config --exists libxxhash || package_name xxhash
  fi
  [[ -n $(open_mpi_launchers) ]] || package_name mpirun
  [[ -z $needs_gnuplot ]] || command -v gnuplot >/dev/null || package_name gnuplot
}

install_missing_packages() {
  local manager=
  local -a missing
  choose_manager
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0

  [[ -n $manager ]] || stop $exit_unavailable \
    "missing: ${missing[*]} (Debian's names), and there is no apt-get, dnf or zypper here: install what this system calls them"

  local -a as_root
  if ! become_root; then
    say "missing: ${missing[*]}, and only root can install them. Ask an administrator for:"
    say "  $(administrator_line "${missing[@]}")"
    local more
    more=$(repositories_line)
    [[ -z $more ]] || say "and, if a package is not found then, before it:  $more"
    exit $exit_unavailable
  fi
  say "installing ${missing[*]}: the build needs the headers of Open MPI, hwloc and xxHash, the run needs mpirun${needs_gnuplot:+, figures need gnuplot}"
  install_packages "${missing[@]}"
  find_open_mpi
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]} == 0)) || stop $exit_unavailable \
    "installed, and yet pkg-config or PATH does not show: ${missing[*]}"
}

# Sets the caller's as_root to the words that go before a command only root may run.
become_root() {
  if ((EUID == 0)); then
    as_root=()
  elif ! command -v sudo >/dev/null; then
    return 1
  elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  elif [[ -n $asks_on_terminal ]]; then
    say "the missing packages need root: sudo asks for your password"
    sudo -v || return 1
    as_root=(sudo)
  else
    return 1
  fi
}

# Prints "version path" of every mpirun that is Open MPI's: MPICH's has the same name and may come first in PATH.
open_mpi_launchers() {
  local name path version
  for name in mpirun mpirun.openmpi; do
    path=$(command -v "$name") || continue
    version=$("$path" --version 2>/dev/null) || continue
    [[ $version =~ ^mpirun\ \(Open\ MPI\)\ ([^[:space:]]+) ]] && printf '%s %s\n' "${BASH_REMATCH[1]}" "$path"
  done
  return 0
}

# Takes the mpirun of the Open MPI that the program is linked against; another version may fail to start its ranks.
choose_mpirun() {
  local linked version path other=
  linked=$(pkg-config --modversion ompi-c 2>/dev/null) || linked=$(mpicc_version)
  while read -r version path; do
    if [[ $version == "$linked" ]]; then
      mpirun=$path
      break
    fi
    [[ -n $mpirun ]] || mpirun=$path other=$version
  done < <(open_mpi_launchers)
  [[ -z $other || -z $linked || $version == "$linked" ]] ||
    say "warning: $mpirun is Open MPI $other, the library that pkg-config finds is $linked"
  # For tests that start jobs of their own.
  export DDP_TRAIN_MPIRUN=$mpirun
}

# Sets the caller's build to a folder that can be built in, and checkout to what is built there.
#
# A checkout that cannot be written to, on a read-only disk or of another user, is built through links in the user's cache.
# A build that came along with a copied or moved checkout works at its old place only, and is made again.
choose_build_folder() { # NAME
  local part
  if [[ ! -w $checkout ]]; then
    local cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
    local place=$cache/ddp-train/${checkout//\//-}
    { [[ -n $cache ]] && mkdir -p -- "$place" 2>/dev/null && [[ -w $place ]]; } || stop $exit_unavailable \
      "$checkout cannot be written to, and there is no cache to build in: set XDG_CACHE_HOME to a folder that can be written to"
    for part in "$checkout"/*; do ln -sfn -- "$part" "$place/"; done
    say "$checkout cannot be written to: building in $place"
    checkout=$place
  fi
  build=$checkout/$1
  # The build system's list of work names the folder in full.
  if [[ -r $build/release.yaml && $(<"$build/release.yaml") != *"$build/"* ]]; then
    say "$build was made at another place: building anew"
    rm -rf -- "$build"
  fi
  write_pkg_config "$build"
}

# Open MPI refuses root unless asked twice; in a container root is the only user there is.
allow_root_ranks() {
  ((EUID == 0)) || return 0
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
}
