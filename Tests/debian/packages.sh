# shellcheck shell=bash
# Debian packages of any suite, checked by apt against Debian's keys and unpacked into a folder of the user's cache: no root,
# nothing installed, the system's apt left as it is. Sourced; starts nothing by itself.
#
#   debian_fetch FOLDER SUITE FILE PATTERN PACKAGES || exit $?   # 77, after one line that says why, where they cannot be had
#   debian_mmdebstrap || exit $?                                 # puts mmdebstrap, which makes whole roots, into PATH
# shellcheck disable=SC2034  # the variables are for the scripts that source this

debian_cache=${XDG_CACHE_HOME:-$HOME/.cache}/ddp-train
debian_skipped=77  # automake's code for a skipped test

debian_say() { printf 'debian: %s\n' "$*" >&2; }

# Fetches mmdebstrap and puts it into PATH.
debian_mmdebstrap() {
  debian_fetch "$debian_cache/mmdebstrap" trixie usr/bin/mmdebstrap '*' mmdebstrap || return
  PATH=$PATH:$debian_cache/mmdebstrap/usr/bin
}

# debian_line SUITE: for mmdebstrap, the line of a suite's packages from this machine's mirror.
debian_line() { echo "deb [signed-by=$(debian_keyring)] $(debian_mirror) $1 main"; }

# debian_fetch FOLDER SUITE FILE PATTERN PACKAGES: unpacks the packages' files that match the pattern into the folder,
# where FILE is not there yet.
debian_fetch() {
  local folder=$1 suite=$2 file=$3 pattern=$4
  shift 4
  # The folder gets its name when it is complete, and not before.
  [[ ! -e $folder/$file ]] || return 0
  debian_can_fetch "$@" || return
  local cache
  cache=$(dirname -- "$folder")
  mkdir -p -- "$cache" 2>/dev/null || {
    debian_say "cannot fetch $*: $cache cannot be made"
    return $debian_skipped
  }
  (
    exec {lock}>"$cache/lock"
    flock "$lock"  # another run may be fetching the same
    [[ ! -e $folder/$file ]] || exit 0
    work=$(mktemp -d -- "$cache/.fetching-XXXXXX") || exit $debian_skipped
    trap 'rm -rf -- "$work"' EXIT
    debian_say "fetching $* from Debian $suite into $folder"
    if ! debian_download "$work" "$suite" "$@" >"$work/log" 2>&1; then
      debian_say "cannot fetch $*: $(debian_reason "$work/log")"
      exit $debian_skipped
    fi
    if ! debian_unpack "$work" "$pattern" >"$work/log" 2>&1 || [[ ! -e $work/root/$file ]]; then
      debian_say "cannot unpack $*: $(debian_reason "$work/log")"
      exit $debian_skipped
    fi
    rm -rf -- "$folder"
    mv -- "$work/root" "$folder"
  )
}

debian_can_fetch() {
  local system
  system="$(uname -s) $(uname -m)"
  if [[ $system != 'Linux x86_64' ]]; then
    debian_say "cannot use Debian's $*: they are for Linux on x86-64, and this is $system"
    return $debian_skipped
  fi
  local command
  for command in apt-get apt-config dpkg-deb flock; do
    command -v "$command" >/dev/null || {
      debian_say "cannot fetch $*: there is no $command here"
      return $debian_skipped
    }
  done
  debian_keyring >/dev/null || {
    debian_say "cannot check $*: Debian's keys are not here (package debian-archive-keyring)"
    return $debian_skipped
  }
}

debian_keyring() {
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
debian_mirror() {
  local uri
  while read -r uri; do
    [[ $uri != */debian/ ]] || break
  done < <(apt-get indextargets --format "\$(REPO_URI)" 'Created-By: Packages' 2>/dev/null)
  [[ $uri == */debian/ ]] || uri=http://deb.debian.org/debian/
  echo "$uri"
}

# debian_download WORK SUITE PACKAGES: to WORK/packages, with apt's sources, lists and status in WORK too.
debian_download() {
  local work=$1 suite=$2
  shift 2
  mkdir -p "$work"/{lists/partial,archives/partial,packages} && : >"$work/status" || return
  cat >"$work/debian.sources" <<END || return
Types: deb
URIs: $(debian_mirror)
Suites: $suite
Components: main
Architectures: amd64
Signed-By: $(debian_keyring)
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

debian_unpack() {
  local work=$1 pattern=$2 package
  mkdir -- "$work/root" || return
  for package in "$work"/packages/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work/root" --wildcards "$pattern" || return
  done
}

# The line of a log that says what went wrong, for a message of one line.
debian_reason() {
  local line
  line=$(grep -m 1 '^E: ' -- "$1") || line=$(tail -n 1 -- "$1")
  echo "${line:-no reason given}"
}
