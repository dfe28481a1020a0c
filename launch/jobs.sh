# shellcheck shell=bash
# Jobs over several hosts, as launch/cluster and launch/namespaces both start them: the list of hosts, mpirun's
# settings, running it, and what to do and say when a host is lost. Sourced.
# shellcheck disable=SC2034  # some variables are for the scripts that source this

source "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")/lib.sh"

shopt -s extglob
exit_forbidden=77 # what automake's tests say for "skipped": the kernel or the container does not allow it

# A host that vanishes sends nothing, and TCP alone waits for it without end: mpirun and the ranks on the other hosts
# would hang. With these, mpirun asks a silent host after 2 s, each second, three times, and then ends the job. (Open
# MPI's own values are 300 s, 20 s, 9 times.)
# Every host is started from here, not from another host: a failure to start names the right one, and hosts need no
# way to log in to each other.
fail_fast=(
  --mca oob_tcp_keepalive_time 2 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3
  --mca plm_rsh_no_tree_spawn 1
)

hosts=()       # in the order given: the first ranks live on the first host
declare -A ranks_on=() # ranks on each; empty where the caller named no number

# add_host NAME [RANKS]
add_host() {
  local name=$1 ranks=${2-}
  [[ $name =~ ^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$ ]] || stop "$exit_usage" "'$name' is not the name of a host"
  [[ -z $ranks || $ranks =~ ^[1-9][0-9]{0,4}$ ]] ||
    stop "$exit_usage" "host $name: '$ranks' is not a number of ranks"
  [[ ! -v ranks_on[$name] ]] || stop "$exit_usage" "host $name is named twice"
  hosts+=("$name")
  ranks_on[$name]=$ranks
}

# read_host_list a:64,b:64
read_host_list() {
  local entry ranks
  local -a entries
  [[ $1 != *, ]] || stop "$exit_usage" "--hosts $1: a host is missing after the last comma"
  IFS=, read -ra entries <<<"$1"
  for entry in "${entries[@]}"; do
    ranks=
    if [[ $entry == *:* ]]; then
      ranks=${entry##*:}
      [[ -n $ranks ]] || stop "$exit_usage" "host ${entry%:*}: a number of ranks is missing after the colon"
    fi
    add_host "${entry%:*}" "$ranks"
  done
  ((${#hosts[@]})) || stop "$exit_usage" "--hosts names no host"
}

# read_host_file FILE: Open MPI's form, "name slots=64"; see hosts.example.
read_host_file() {
  local line word ranks number=0
  local -a words
  [[ -r $1 && -f $1 ]] || stop "$exit_usage" "cannot read the host file $1"
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    read -ra words <<<"${line%%#*}"
    ((${#words[@]})) || continue
    ranks=
    for word in "${words[@]:1}"; do
      [[ $word =~ ^slots=([0-9]+)$ ]] || stop "$exit_usage" "$1:$number: '$word' is not slots=N"
      ranks=${BASH_REMATCH[1]}
    done
    add_host "${words[0]}" "$ranks"
  done <"$1"
  ((${#hosts[@]})) || stop "$exit_usage" "the host file $1 names no host"
}

# leave_out HOSTS: drops hosts that are lost from the list; stops when none is left.
leave_out() {
  local host all=${#hosts[@]}
  local -a left=()
  for host in "${hosts[@]}"; do
    [[ " $1 " == *" $host "* ]] || left+=("$host")
  done
  ((${#left[@]})) || stop "$exit_unavailable" "no host is left:$1"
  hosts=("${left[@]}")
  [[ -z $1 ]] || say "left out:$1; ${#hosts[@]} of $all hosts remain"
}

# Sets job_name, which processes and folders of the job carry on every host: whatever has it is this job's and nobody
# else's: Open MPI passes the setting on to every host, and does not look at it. A caller may have chosen the name.
# Then job_folders, where Open MPI keeps files of the job on every host: what is left of them after a kill is found by
# its name. launch/on-own-core makes the one in memory, Open MPI the other. $1: the folder for temporary files.
name_job() {
  export DDP_TRAIN_JOB=${DDP_TRAIN_JOB-$(uname -n).$$.$(date +%s)}
  job_name=$DDP_TRAIN_JOB
  job_folders=("/dev/shm/ddp-train.$job_name" "$1/ddp-train.$job_name")
}

# job_processes NAME: the numbers of this machine's processes that have the job's name in their environment. Not the
# search's own: this script may have exported the name.
job_processes() (
  unset DDP_TRAIN_JOB
  grep -lzxsE -- "(OMPI_MCA_ddp_train_job|DDP_TRAIN_JOB)=${1//./[.]}" /proc/[0-9]*/environ | grep -o '[0-9]*' || true
)

# Whether a job has anything on this machine. A daemon of Open MPI that has no ranks yet has the name as an argument only.
# (The search's own argument is another word.)
is_alive() { [[ -n $(job_processes "$1") ]] || grep -qzxs -- "${1//./[.]}" /proc/[0-9]*/cmdline; }

# Removes folders of jobs that this user started on this machine and that nobody works on any more: whoever should have
# done so was killed itself. Others' names may be of a container that shares these folders.
remove_orphans() {
  local folder own
  own=ddp-train.$(uname -n)
  for folder in "/dev/shm/$own".* "${TMPDIR:-/tmp}/$own".*; do
    [[ -d $folder && -O $folder && $folder == *.+([0-9]).+([0-9]) ]] || continue
    is_alive "${folder##*/ddp-train.}" || rm -rf -- "$folder"
  done
}

# Fills job with an mpirun line up to the program, for hosts and ranks_on, or for $ranks on this machine where there are
# no hosts. $1: yes if ranks share cores somewhere. Further arguments go to mpirun.
compose_job() {
  local shared_cores=$1 host list='' total=0
  shift
  job=("$mpirun" "${fail_fast[@]}" --mca ddp_train_job "$job_name" --mca orte_tmpdir_base "${job_folders[1]}"
    --mca btl_vader_backing_directory "${job_folders[0]}" --mca osc_sm_backing_directory "${job_folders[0]}" "$@")
  for host in "${hosts[@]}"; do
    list+=,$host:${ranks_on[$host]}
    total=$((total + ranks_on[$host]))
  done
  # Ranks fill the first host, then the next. on-own-core binds them, by each host's own mask.
  if [[ -n $list ]]; then job+=(-np "$total" --host "${list#,}"); else job+=(-np "$ranks"); fi
  job+=(--map-by slot --bind-to none)
  # Otherwise a waiting rank spins, against the very rank it waits for.
  if [[ $shared_cores == yes ]]; then job+=(--oversubscribe --mca mpi_yield_when_idle 1); fi
}

# The program to run, an absolute path: --program's value, the one that is installed, or this checkout's.
choose_program() {
  program=${1:-${installed:-$checkout/.build/release/ddp-train}}
  [[ -f $program && -x $program ]] ||
    stop "$exit_unavailable" "there is no program $program: build it (swift build -c release --product ddp-train)"
  program=$(realpath -- "$program")
}

# A distribution may start mpirun without pkg-config, which choose_mpirun asks for the linked version.
require_mpirun() {
  [[ -n $(open_mpi_launchers) ]] ||
    stop "$exit_unavailable" "there is no Open MPI mpirun in PATH: apt-get install -y openmpi-bin"
  choose_mpirun
  local version
  version=$("$mpirun" --version)
  [[ $version == *'(Open MPI) 4.'* ]] ||
    say "warning: the settings that end a job when a host is lost are Open MPI 4's; $mpirun is ${version%%$'\n'*}"
}

# Runs a command as the job and sets job_code to its exit code. Of the script that sources this it uses
#   forward_signal SIGNAL   passes a signal on to mpirun
#   watch_hosts             returns 0 when a host is lost, 1 when the job has ended; started in the background
run_job() {
  local signalled watcher
  # A process group of its own, so that a Ctrl-C reaches it once, from here. mpirun takes a second one as "at once".
  set -m
  start_job "$@"
  # What Open MPI itself does not notice: a host that is lost while mpirun starts the ranks, which it waits for
  # without end.
  { watch_hosts && forward_signal TERM && sleep 3 && forward_signal KILL; } </dev/null >/dev/null &
  watcher=$!
  set +m
  trap 'signalled=yes; forward_signal INT' INT
  trap 'signalled=yes; forward_signal TERM' TERM HUP
  trap 'signalled=yes; forward_signal USR1' USR1
  while true; do
    signalled=
    job_code=0
    wait "$job_pid" 2>/dev/null || job_code=$?
    [[ -n $signalled ]] || break
  done
  kill -TERM -- "-$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  await_last_words
  trap - INT TERM HUP USR1
}

# After a failed job: one clear message if a host was lost. host_states prints a line for each host that is not well:
# its name, a tab, what is wrong.
explain_failure() {
  local host wrong lost=0
  ((job_code != 0)) || return 0
  while IFS=$'\t' read -r host wrong; do
    [[ " ${hosts[*]} " == *" $host "* ]] || continue
    lost=$((lost + 1))
    say "host $host $wrong: the job was ended because of it (exit code $job_code)"
  done < <(host_states)
  # 205 is what mpirun ends with when one of its daemons no longer answers.
  ((lost > 0 || job_code != 205)) ||
    say "the connection to a host was lost, and all hosts answer now: the job was ended because of it (exit code 205)"
}
