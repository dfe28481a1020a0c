# shellcheck shell=bash
# Which cores and quotas launch/cores.sh finds. Sourced by run.

# Prints what launch/cores.sh finds on the fake machine: the count, then each core's CPUs.
counted() {
  LAUNCH_ROOT=$root bash -euc 'source "$1"; count_cores; echo "$core_count: ${cores[*]}"' - "$checkout/launch/cores.sh"
}

test_counting_cores() {
  new_machine 0-7 0-7 0,4 1,5 2,6 3,7
  check "SMT siblings are one core" "4: 0,4 1,5 2,6 3,7" "$(counted)"
  new_machine 1-2,5 0-7 0,4 1,5 2,6 3,7
  check "a mask takes cores away, and siblings" "2: 1,5 2" "$(counted)"
  new_machine 6 0-7 0,4 1,5 2,6 3,7
  check "a mask of one CPU" "1: 6" "$(counted)"
  new_machine 0-7 0-7 0,1 2,3 4 5 6 7
  check "hybrid: performance cores with SMT, efficiency cores without" "6: 0,1 2,3 4 5 6 7" "$(counted)"
  new_machine 0-127 0-1,3 0 1 3
  check "the mask names CPUs that are not online" "3: 0 1 3" "$(counted)"
  new_machine 0-3 0-3 0-1 2-3
  rm -r "$root/sys/devices/system/cpu/cpu"*
  check "no topology to read: every CPU is a core" "4: 0 1 2 3" "$(counted)"
  new_machine 0-3 0-3 0,2 1,3
  for cpu in 0 1 2 3; do
    mv "$root/sys/devices/system/cpu/cpu$cpu/topology/"{core_cpus_list,thread_siblings_list}
  done
  check "older kernels' name of the siblings" "2: 0,2 1,3" "$(counted)"
  new_machine 0-7 0-7 0,4 1,5 2,6 3,7
  for cpu in 0 1 2 3 4 5 6 7; do
    mkdir "$root/sys/devices/system/cpu/cpu$cpu/node$((cpu % 2 == 0 ? 2 : 10))"
  done
  check "domains whose CPUs are numbered in turn" "4: 0,4 2,6 1,5 3,7" "$(counted)"
}

test_quota() {
  local four=(0-3 0-3 0 1 2 3)
  new_machine "${four[@]}"
  cgroup 0::/ / /sys/fs/cgroup cgroup2 rw
  limit /sys/fs/cgroup cpu.max "150000 100000"
  check "1.5 CPUs are 1" "1: 0 1 2 3" "$(counted)"
  limit /sys/fs/cgroup cpu.max "20000 100000"
  check "0.2 CPUs are still 1" "1: 0 1 2 3" "$(counted)"
  limit /sys/fs/cgroup cpu.max "250000 100000"
  check "2.5 CPUs are 2" "2: 0 1 2 3" "$(counted)"
  limit /sys/fs/cgroup cpu.max "max 100000"
  check "max is no limit" "4: 0 1 2 3" "$(counted)"
  limit /sys/fs/cgroup cpu.max "900000 100000"
  check "a quota above the cores adds none" "4: 0 1 2 3" "$(counted)"

  new_machine "${four[@]}"
  cgroup 0::/user.slice/job:7 / /sys/fs/cgroup cgroup2 rw
  limit /sys/fs/cgroup/user.slice/job:7 cpu.max "max 100000"
  limit /sys/fs/cgroup/user.slice cpu.max "300000 100000"
  check "a parent's quota counts" "3: 0 1 2 3" "$(counted)"
  limit /sys/fs/cgroup/user.slice/job:7 cpu.max "200000 100000"
  check "the tightest quota counts" "2: 0 1 2 3" "$(counted)"

  new_machine "${four[@]}"
  cgroup 3:cpuset:/x / /sys/fs/cgroup/cpuset cgroup rw,cpuset
  cgroup 5:cpu,cpuacct:/docker/0a/job /docker/0a '/sys/fs/cgroup\040one/cpu' cgroup rw,cpu,cpuacct
  limit '/sys/fs/cgroup one/cpu/job' cpu.cfs_period_us 50000
  limit '/sys/fs/cgroup one/cpu/job' cpu.cfs_quota_us 125000
  check "version 1, seen from inside a container" "2: 0 1 2 3" "$(counted)"
  limit '/sys/fs/cgroup one/cpu/job' cpu.cfs_quota_us -1
  check "version 1: -1 is no limit" "4: 0 1 2 3" "$(counted)"
  cgroup 0::/ / /sys/fs/cgroup/unified cgroup2 rw,nsdelegate
  limit /sys/fs/cgroup/unified cgroup.controllers ""
  limit '/sys/fs/cgroup one/cpu/job' cpu.cfs_quota_us 50000
  check "both versions side by side" "1: 0 1 2 3" "$(counted)"
}
