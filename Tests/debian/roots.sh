# shellcheck shell=bash
# Roots of Debian and Ubuntu in folders of the user's cache, and commands in them. Sourced, after packages.sh; starts nothing by
# itself. Needs root.
#
#   debian_make_root FOLDER SUITE PACKAGES… || exit $?   # 77, after one line, where it cannot be had
#   debian_inside FOLDER [--fresh] [--bind PATH]… COMMAND…
# shellcheck disable=SC2154  # packages.sh sets them

# Installs a suite into the folder, where it is not there yet: half a minute and more.
debian_make_root() {
  local folder=$1 suite=$2 packages line
  shift 2
  if ((EUID != 0)); then
    debian_say "no root of $suite: only root can make its files and namespaces"
    return "$debian_skipped"
  fi
  [[ ! -e $folder ]] || return 0
  debian_mmdebstrap || return
  line=$(debian_root_line "$suite") || return "$debian_skipped"
  mkdir -p -- "$(dirname -- "$folder")"
  rm -rf -- "$folder.part"
  debian_say "installing $suite into $folder"
  packages=$(IFS=, && echo "mount,$*")  # mount is for debian_inside
  # A mirror may lag behind; unsafe-io, because a half-made root is thrown away.
  mmdebstrap --mode=root --variant=apt --include="${packages%,}" \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io \
    "$suite" "$folder.part" "$line" >"$folder.log" 2>&1 || {
    debian_say "cannot make it: $(debian_reason "$folder.log")"
    return "$debian_skipped"
  }
  # Its own keys are for its own apt.
  sed -i 's/ \[signed-by=[^]]*\]//' "$folder.part/etc/apt/sources.list"
  mv -- "$folder.part" "$folder"
}

# The line of a suite's packages, with the keys that they are checked by.
debian_root_line() {
  case $1 in
  jammy | noble)
    local keys=$debian_cache/ubuntu-keyring
    debian_fetch "$keys" sid usr/share/keyrings/ubuntu-archive-keyring.gpg '*' ubuntu-keyring || return
    echo "deb [signed-by=$keys/usr/share/keyrings/ubuntu-archive-keyring.gpg] http://archive.ubuntu.com/ubuntu/ $1 main universe"
    ;;
  *) debian_line "$1" ;;
  esac
}

# Runs a command in the root, in the folder of the first --bind or in /, with processes, mounts and shared memory of its own. --bind: a path
# that is the same there; --read: one that cannot be written to. --fresh: whatever is changed is gone afterwards. The root is entered by
# pivot_root: in a chroot no user namespace can be made.
debian_inside() {
  local root=$1 fresh=''
  local -a binds=()
  shift
  while true; do
    case $1 in
    --fresh) fresh=yes ;;
    --bind | --read)
      binds+=("$1" "$2")
      shift
      ;;
    *) break ;;
    esac
    shift
  done
  mkdir -p -- "$root/.outside"
  # shellcheck disable=SC2016  # the inner shell's variables
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 fresh=$2 count=$3
    shift 3
    mount --make-rprivate /
    if [[ -n $fresh ]]; then
      # Over the folder itself, which nobody else sees here.
      over=$(mktemp -d)
      mount -t tmpfs -o size=80% tmpfs "$over"
      mkdir "$over/new" "$over/work"
      mount -t overlay overlay -o "lowerdir=$root,upperdir=$over/new,workdir=$over/work" "$root"
    else
      mount --bind "$root" "$root"
    fi
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o size=50% tmpfs "$root/dev/shm"
    mount -t tmpfs tmpfs "$root/tmp"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    folder=/
    for ((; count > 0; count -= 2)); do
      if [[ -d $2 ]]; then mkdir -p -- "$root$2"; else mkdir -p -- "$root${2%/*}" && : >"$root$2"; fi
      mount --bind "$2" "$root$2"
      [[ $1 == --bind ]] || mount -o remount,bind,ro "$root$2"
      [[ $folder != / || ! -d $2 ]] || folder=$2
      shift 2
    done
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    cd "$root"
    pivot_root . .outside
    umount -l /.outside
    cd "$folder"
    exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "$@"' \
    inside "$root" "$fresh" "${#binds[@]}" "${binds[@]}" "$@"
}
