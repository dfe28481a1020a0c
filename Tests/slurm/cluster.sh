# shellcheck shell=bash
# A Slurm cluster of this test's own: its configuration, key, spool and logs in a temporary folder. Sourced by run.
# shellcheck disable=SC2154  # slurmstepd and plugins: packages.sh

nodes=()

# on NODE COMMAND…
on() {
  local node=$1
  shift
  if [[ $node == "$(uname -n)" ]]; then
    "$@"
  else
    "$checkout/launch/namespaces" --name "$set_name" exec "$node" "$@"
  fi
}

# start_cluster here | NODE…: on this machine, or on nodes in namespaces that are up. Slurm's commands then run on the
# first node.
start_cluster() {
  local node _
  cluster=$work/${1}
  mkdir -p "$cluster"/{munge,state,spool,log,jobs,tmp}
  chmod 700 "$cluster/munge"
  export SLURM_CONF=$cluster/slurm.conf TMPDIR=$cluster/tmp
  nodes=("$@")
  if [[ $1 == here ]]; then nodes=("$(uname -n)"); fi
  configure >"$SLURM_CONF"
  head -c 128 /dev/urandom >"$cluster/munge/key"
  chmod 600 "$cluster/munge/key"
  on "${nodes[0]}" munged --socket="$cluster/socket" --key-file="$cluster/munge/key" --num-threads=2 \
    --log-file="$cluster/munge/log" --pid-file="$cluster/munge/pid" --seed-file="$cluster/munge/seed"
  on "${nodes[0]}" slurmctld -f "$SLURM_CONF"
  for node in "${nodes[@]}"; do on "$node" slurmd -f "$SLURM_CONF" ${slurmstepd:+-d "$slurmstepd"}; done
  for _ in {1..100}; do
    [[ $(slurm sinfo --noheader --format %D --states idle) != "${#nodes[@]}" ]] || return 0
    sleep 0.1
  done
  echo "Slurm does not start: $(tail -n 3 "$cluster/log"/*)" >&2
  return 1
}

# Ports are this run's own. A requeued job may start after 5 s instead of two minutes (cred_expire), and Slurm looks for
# jobs to start at once instead of after 3 to 60 s.
configure() {
  local user node number=0 address port=$((20000 + $$ % 10000)) confine=task/none
  user=$(id -un)
  # The node has the first two CPUs, if this process may use them.
  if ((${#nodes[@]} == 1)) && taskset --cpu-list 0,1 true 2>/dev/null; then confine=task/affinity; fi
  printf '%s\n' ClusterName=test "SlurmUser=$user" "SlurmdUser=$user" \
    AuthType=auth/munge CredType=cred/munge "AuthInfo=socket=$cluster/socket,cred_expire=5" \
    ${plugins:+"PluginDir=$plugins"} "StateSaveLocation=$cluster/state" "SlurmdSpoolDir=$cluster/spool/%n" \
    "SlurmctldPort=$port" "SlurmctldPidFile=$cluster/slurmctld.pid" "SlurmctldLogFile=$cluster/log/slurmctld" \
    "SlurmdPidFile=$cluster/slurmd.%n.pid" "SlurmdLogFile=$cluster/log/slurmd.%n" SlurmctldDebug=debug2 \
    ProctrackType=proctrack/linuxproc "TaskPlugin=$confine" SelectType=select/cons_tres SelectTypeParameters=CR_Core \
    AccountingStorageType=accounting_storage/none JobAcctGatherType=jobacct_gather/none MpiDefault=none \
    SchedulerParameters=batch_sched_delay=0,sched_interval=2 PreemptType=preempt/partition_prio PreemptMode=REQUEUE KillWait=20 \
    JobRequeue=0 ReturnToService=2 SlurmdParameters=config_overrides
  for node in "${nodes[@]}"; do
    number=$((number + 1))
    address=127.0.0.1
    if ((${#nodes[@]} > 1)); then address=10.77.0.$number; fi
    if ((number == 1)); then echo "SlurmctldHost=$node($address)"; fi
    echo "NodeName=$node NodeAddr=$address Port=$((port + number)) CPUs=2 Sockets=1 CoresPerSocket=2 ThreadsPerCore=1"
  done
  local IFS=,
  echo "PartitionName=low Nodes=${nodes[*]} Default=YES PriorityTier=1 DefaultTime=10 MaxTime=60"
  echo "PartitionName=high Nodes=${nodes[*]} PriorityTier=2 DefaultTime=10 MaxTime=60"
}

# slurm COMMAND…: on the first node, in the folder of the jobs.
slurm() { (cd "$cluster/jobs" && on "${nodes[0]}" "$@"); }

# Processes of this test's clusters and jobs: all have the configuration's path in their environment.
processes() {
  local pid
  while read -r pid; do
    ps -o pid=,args= -p "$pid" || true
  done < <(grep -lsaz -- "^SLURM_CONF=$work/" /proc/[0-9]*/environ | cut -d/ -f3)
}

stop_cluster() {
  ((${#nodes[@]})) || return 0
  local pid signal _
  if ((${#nodes[@]} > 1)); then "$checkout/launch/namespaces" --name "$set_name" down; fi
  for signal in TERM KILL; do
    while read -r pid _; do kill -s "$signal" "$pid" 2>/dev/null || true; done < <(processes)
    for _ in {1..50}; do
      [[ -n $(processes) ]] || break 2
      sleep 0.1
    done
  done
  nodes=()
}
