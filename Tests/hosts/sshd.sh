# shellcheck shell=bash
# A real sshd on each host, with keys of its own, so that launch/cluster has a real cluster. Sourced by run.

# Finds sshd, or takes it out of Debian's package without installing it: no service starts on this machine. Fails with
# the reason in why.
prepare_sshd() {
  local tool
  for tool in ssh ssh-keygen; do
    command -v "$tool" >/dev/null || {
      why="no $tool (openssh-client)"
      return 1
    }
  done
  sshd=$(PATH=$PATH:/usr/sbin:/sbin command -v sshd) && sshd_libraries='' && return 0
  why="no sshd (openssh-server), and no apt-get to fetch it"
  command -v apt-get >/dev/null || return 1
  mkdir "$work/sshd"
  fetch() { (cd "$work/sshd" && apt-get -qq -o APT::Sandbox::User=root download openssh-server libwrap0) >"$work/apt" 2>&1; }
  fetch || { apt-get -qq update >/dev/null 2>&1 && fetch; } || {
    why="no sshd, and apt-get cannot fetch openssh-server: $(tail -1 "$work/apt")"
    return 1
  }
  local package
  for package in "$work/sshd"/*.deb; do dpkg-deb --extract "$package" "$work/sshd"; done
  sshd=$work/sshd/usr/sbin/sshd
  sshd_libraries=$(dirname -- "$(find "$work/sshd" -name 'libwrap.so.0')")
  why=$(LD_LIBRARY_PATH=$sshd_libraries ldd "$sshd" | grep 'not found') || return 0
  return 1
}

# write_ssh_settings HOST…: throwaway keys, known on both sides.
write_ssh_settings() {
  local host keys=$work/keys
  mkdir -p "$keys"
  [[ -e $keys/host ]] || {
    ssh-keygen -q -t ed25519 -N '' -f "$keys/host"
    ssh-keygen -q -t ed25519 -N '' -f "$keys/user"
  }
  for host; do echo "$host $(<"$keys/host.pub")"; done >"$keys/known"
  cp "$keys/user.pub" "$keys/authorized"
  chmod 600 "$keys/authorized"
  printf '%s\n' "HostKey $keys/host" "AuthorizedKeysFile $keys/authorized" "PasswordAuthentication no" \
    "KbdInteractiveAuthentication no" "PermitRootLogin yes" "StrictModes no" "PidFile /run/sshd.pid" \
    "SetEnv TMPDIR=$(state_folder)/tmp" >"$keys/sshd_config"
  printf '%s\n' "Host twin" "  HostName nodeB" "  HostKeyAlias nodeB" "Host *" "  User root" \
    "  IdentityFile $keys/user" "  IdentitiesOnly yes" "  UserKnownHostsFile $keys/known" \
    "  StrictHostKeyChecking yes" "  LogLevel ERROR" >"$keys/config"
  # sshd wants a user of its own, and that root's account is not locked.
  { grep -v ^sshd: /etc/passwd && echo 'sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin'; } >"$keys/passwd"
  echo 'root:*:19000:0:99999:7:::' >"$keys/shadow"
}

state_folder() { echo "${XDG_RUNTIME_DIR:-/tmp}/ddp-train-hosts-$EUID-$set_name"; }

# cluster_up HOST…: hosts with sshd.
cluster_up() {
  local host
  hosts up "$@"
  write_ssh_settings "$@"
  for host; do
    # shellcheck disable=SC2016
    hosts exec "$host" bash -c '
      mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/shadow" /etc/shadow &&
        mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd &&
        LD_LIBRARY_PATH=$3 "$2" -f "$1/sshd_config" -E "$1/log"' bash "$work/keys" "$sshd" "$sshd_libraries"
  done
}
