# shellcheck shell=bash
# Slurm and munge: those of this machine, or taken out of Debian's packages without installing them. Sourced by run.

# Sets the environment that finds them, and plugins and slurmstepd. Fails with the reason in why.
prepare_slurm() {
  local tool missing=''
  slurmstepd='' plugins=''
  PATH=$PATH:/usr/sbin:/sbin
  for tool in munged slurmctld slurmd sbatch scancel scontrol srun; do
    command -v "$tool" >/dev/null || missing=$tool
  done
  [[ -n $missing ]] || return 0
  extract_packages || return 1
  for tool in munged slurmctld slurmd sbatch scancel scontrol srun; do
    command -v "$tool" >/dev/null || {
      why="no $tool in Debian's packages: $(ls "$work/packages")"
      return 1
    }
    ! ldd "$(command -v "$tool")" | grep 'not found' >"$work/lacking" || {
      why="$tool from Debian's packages lacks $(head -1 "$work/lacking")"
      return 1
    }
  done
}

# apt says what is missing beside the packages themselves.
extract_packages() {
  local package top=$work/slurm
  local -a wanted=(slurmctld slurmd slurm-client munge) packages
  why="no Slurm here, and no apt-get to fetch slurmctld, slurmd and munge"
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  mkdir "$work/packages" "$top"
  fetch() {
    mapfile -t packages < <(apt-get --simulate install --no-install-recommends "${wanted[@]}" 2>"$work/apt" |
      awk '$1 == "Inst" { print $2 }')
    ((${#packages[@]})) || return 1
    (cd "$work/packages" && apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}") >"$work/apt" 2>&1
  }
  fetch || { apt-get -qq update >"$work/apt" 2>&1 && fetch; } || {
    why="no Slurm here, and apt-get cannot fetch it: $(tail -1 "$work/apt")"
    return 1
  }
  for package in "$work/packages"/*.deb; do dpkg-deb --extract "$package" "$top"; done
  # The packages' scripts would do this.
  for package in "$top"/usr/sbin/*-wlm; do ln -s "${package##*/}" "${package%-wlm}"; done
  plugins=$(dirname -- "$(find "$top" -name auth_munge.so)")
  slurmstepd=$top/usr/sbin/slurmstepd
  export PATH=$top/usr/bin:$top/usr/sbin:$PATH LD_LIBRARY_PATH=${plugins%/*}:$plugins
}
