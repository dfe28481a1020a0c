# shellcheck shell=bash
# Which physical cores this process may use, and for how many of them its CPU quota pays. Sourced.
# Builtins only: launch/on-own-core runs it once per rank. LAUNCH_ROOT is a test's stand-in for /.

# The machine's answer: one element a core, its allowed CPUs in the kernel's numbers ("0,4" with SMT).
cores=()
# Whole CPUs that the cgroup quota pays for; empty without a quota.
quota=

# First line of file $1 into line; false if it cannot be read.
read_line() {
  line=
  [[ -r $1 ]] && { IFS= read -r line <"$1" || [[ -n $line ]]; }
}

# "0-2,5" into numbers=(0 1 2 5).
expand_list() {
  numbers=()
  local range number
  local -a ranges
  IFS=, read -ra ranges <<<"$1"
  for range in "${ranges[@]}"; do
    for ((number = ${range%-*}; number <= ${range#*-}; number++)); do numbers+=("$number"); done
  done
}

# Fills cores, NUMA domain by NUMA domain. SMT siblings are one core: both run on the same floating-point units.
find_cores() {
  local cpus=${LAUNCH_ROOT-}/sys/devices/system/cpu
  local line cpu name value siblings core domain folder allowed=0
  local -a numbers domains=()
  # The kernel folds taskset's mask and the cgroup's cpuset into this one line.
  while read -r name value; do
    if [[ $name == Cpus_allowed_list: ]]; then allowed=$value; fi
  done <"${LAUNCH_ROOT-}/proc/self/status"

  # The mask may name CPUs that are offline or not plugged in.
  local -A online=()
  if read_line "$cpus/online"; then
    expand_list "$line"
    for cpu in "${numbers[@]}"; do online[$cpu]=1; done
  fi

  cores=()
  local -A core_of=()
  expand_list "$allowed"
  for cpu in "${numbers[@]}"; do
    ((${#online[@]} == 0)) || [[ -n ${online[$cpu]-} ]] || continue
    # core_cpus_list is the newer kernels' name. Some sandboxes hide both: then a CPU counts as a core.
    if read_line "$cpus/cpu$cpu/topology/core_cpus_list" ||
      read_line "$cpus/cpu$cpu/topology/thread_siblings_list"; then
      siblings=$line
    else
      siblings=$cpu
    fi
    core=${core_of[$siblings]-}
    if [[ -n $core ]]; then
      cores[core]+=,$cpu
    else
      core_of[$siblings]=${#cores[@]}
      cores+=("$cpu")
    fi
  done

  # Some firmware numbers CPUs of the domains in turn; ranks that are neighbours belong in one.
  for core in "${cores[@]}"; do
    domain=0
    for folder in "$cpus/cpu${core%%,*}"/node[0-9]*; do
      [[ ! -d $folder ]] || domain=${folder##*/node}
    done
    domains[domain]+=" $core"
  done
  read -ra cores <<<"${domains[*]}"
}

# Lowers quota to $1 µs of CPU time in $2 µs of time, rounded down, at least 1. -1 and max mean no limit.
apply_quota() {
  [[ $1 =~ ^[0-9]+$ && $2 =~ ^[1-9][0-9]*$ ]] || return 0
  local whole=$(($1 / $2))
  ((whole > 0)) || whole=1
  if [[ -z $quota ]] || ((whole < quota)); then quota=$whole; fi
}

# The quotas of one cgroup folder, in version 2's file or version 1's two.
read_quota() {
  local line period
  if read_line "$1/cpu.max"; then
    apply_quota "${line% *}" "${line#* }"
  elif read_line "$1/cpu.cfs_period_us"; then
    period=$line
    if read_line "$1/cpu.cfs_quota_us"; then apply_quota "$line" "$period"; fi
  fi
}

# The quotas of cgroup $2 and of every parent up to the mount point $1: the tightest one counts.
walk_quotas() {
  local top=${1%/} folder=${1%/}$2
  folder=${folder%/}
  while true; do
    read_quota "$folder"
    [[ $folder == "$top"/* ]] || break
    folder=${folder%/*}
  done
}

# Fills quota from the hierarchies that limit CPU time: version 2, version 1's cpu controller, or both.
find_quota() {
  local proc=${LAUNCH_ROOT-}/proc/self
  local id controllers path v1='' v2=''
  quota=
  [[ -r $proc/cgroup && -r $proc/mountinfo ]] || return 0
  while IFS=: read -r id controllers path; do
    if [[ $id == 0 && -z $controllers ]]; then
      v2=$path
    elif [[ ,$controllers, == *,cpu,* ]]; then
      v1=$path
    fi
  done <"$proc/cgroup"

  local root mount rest
  while read -r _ _ _ root mount _ rest; do
    case " $rest" in
    *" - cgroup2 "*) path=$v2 ;;
    *" - cgroup "*)
      [[ ,${rest##* }, == *,cpu,* ]] || continue
      path=$v1
      ;;
    *) continue ;;
    esac
    # In a container the mount may begin below the hierarchy's root; the kernel writes blanks as \040.
    [[ $root == / ]] || path=${path#"$root"}
    walk_quotas "${LAUNCH_ROOT-}$(printf %b "$mount")" "$path"
  done <"$proc/mountinfo"
}

# Into core_count: the physical cores that can really work at the same time.
count_cores() {
  find_cores
  find_quota
  core_count=${#cores[@]}
  if [[ -n $quota ]] && ((quota < core_count)); then core_count=$quota; fi
}
