# shellcheck shell=bash
# Debian's packages, unpacked and not installed. Sourced by Tests/slurm and Tests/numa.

# extract_packages FOLDER PACKAGE…: unpacks the packages, and all that they need and this machine does not have. Fails with
# the reason in why.
extract_packages() {
  local folder=$1
  shift
  local package
  local -a packages
  why="no apt-get to fetch $*"
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  mkdir -p "$work/packages" "$folder"
  fetch() {
    mapfile -t packages < <(apt-get --simulate install --no-install-recommends "$@" 2>"$work/apt" |
      awk '$1 == "Inst" { print $2 }')
    ((${#packages[@]})) || return 1
    (cd "$work/packages" && apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}") >"$work/apt" 2>&1
  }
  fetch "$@" || { apt-get -qq update >"$work/apt" 2>&1 && fetch "$@"; } || {
    why="apt-get cannot fetch $*: $(tail -1 "$work/apt")"
    return 1
  }
  why="what apt-get fetched cannot be unpacked"
  for package in "$work/packages"/*.deb; do dpkg-deb --extract "$package" "$folder" || return; done
}
