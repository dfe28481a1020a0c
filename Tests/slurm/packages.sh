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
  extract_slurm || return 1
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

# Sets what prepare_slurm does not find on this machine.
extract_slurm() {
  local package top=$work/slurm
  extract_packages "$top" slurmctld slurmd slurm-client munge || return 1
  # The packages' scripts would do this.
  for package in "$top"/usr/sbin/*-wlm; do ln -s "${package##*/}" "${package%-wlm}"; done
  plugins=$(dirname -- "$(find "$top" -name auth_munge.so)")
  slurmstepd=$top/usr/sbin/slurmstepd
  export PATH=$top/usr/bin:$top/usr/sbin:$PATH LD_LIBRARY_PATH=${plugins%/*}:$plugins
}
