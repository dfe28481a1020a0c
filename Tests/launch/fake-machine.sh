# shellcheck shell=bash
# A fake machine's /proc and /sys, for LAUNCH_ROOT. Sourced by run.

root=$work/machine

# new_machine ALLOWED ONLINE [CPUS-OF-A-CORE…], in the kernel's lists: new_machine 0-3 0-3 0,2 1,3
new_machine() {
  rm -rf -- "$root"
  mkdir -p "$root/proc/self" "$root/sys/devices/system/cpu"
  printf 'Name:\tbash\nCpus_allowed:\tf\nCpus_allowed_list:\t%s\n' "$1" >"$root/proc/self/status"
  echo "$2" >"$root/sys/devices/system/cpu/online"
  shift 2
  local siblings cpu
  for siblings; do
    for cpu in ${siblings//,/ }; do
      mkdir -p "$root/sys/devices/system/cpu/cpu$cpu/topology"
      echo "$siblings" >"$root/sys/devices/system/cpu/cpu$cpu/topology/core_cpus_list"
    done
  done
  : >"$root/proc/self/cgroup"
  : >"$root/proc/self/mountinfo"
}

# cgroup PROC-CGROUP-LINE MOUNT-ROOT MOUNT-POINT TYPE SUPER-OPTIONS
cgroup() {
  echo "$1" >>"$root/proc/self/cgroup"
  echo "30 23 0:26 $2 $3 rw,nosuid shared:4 - $4 cgroup $5" >>"$root/proc/self/mountinfo"
}

# limit FOLDER FILE CONTENT
limit() {
  mkdir -p "$root$1"
  echo "$3" >"$root$1/$2"
}
