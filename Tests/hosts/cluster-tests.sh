# shellcheck shell=bash
# launch/cluster, from nodeA, over hosts that it reaches by a real ssh. Sourced by run.

# cluster HOSTS [OPTION…]: the words that start launch/cluster on nodeA.
cluster_words() {
  words=("$checkout/launch/namespaces" --name "$set_name" exec nodeA env TMPDIR="$(state_folder)/tmp"
    "$checkout/launch/cluster" --ssh-config "$work/keys/config" --program "$program" --hosts "$@")
}

cluster() {
  local -a words
  cluster_words "$@"
  attempt "${words[@]}"
}

test_cluster_checks() {
  local launcher=$checkout/launch/cluster
  attempt "$launcher" --help
  check "cluster's help: exit code" 0 "$code"
  attempt "$launcher" -- --steps 5
  check "no hosts: exit code" 64 "$code"
  printf '%s\n' '# a comment' 'nodeA slots=2' 'nodeB slots=two' >"$work/hostfile"
  attempt "$launcher" --hostfile "$work/hostfile" --program "$program"
  check "a bad host file: exit code" 64 "$code"
  check_says "a bad host file: its line" "hostfile:3: \"slots=two\" is not slots=N"

  cluster_up nodeA nodeB nodeC
  cluster nodeA:2,nodeB:2,nodeC:1 --dry-run -- --steps 5
  check "dry run: exit code" 0 "$code"
  check "dry run: prints mpirun's line, starts nothing" yes "$([[ $out == *'mpirun --'*'mca oob_tcp_keepalive_time 2 '*\
' -np 5 --host nodeA:2,nodeB:2,nodeC:1 --map-by slot '*'--bind-to none '*'/ddp-launch bind '*'/ddp-train --steps 5' ]] &&
      echo yes || echo "$out")"
  sed -i 's/two/2/' "$work/hostfile"
  attempt "$checkout/launch/namespaces" --name "$set_name" exec nodeA "$launcher" --ssh-config "$work/keys/config" \
    --program "$program" --network eth0 --hostfile "$work/hostfile" --dry-run
  check "a host file and a network" yes "$([[ $out == *' --mca btl_tcp_if_include eth0 -np 4 --host nodeA:2,nodeB:2 '* ]] &&
    echo yes || echo "$out$err")"
  cluster nodeA:40,nodeB:1 --dry-run
  check_says "more ranks than cores: a word about it" "host nodeA: ranks 40, physical cores "
  check "more ranks than cores: they yield" yes "$([[ $out == *mpi_yield_when_idle* ]] && echo yes || echo "$out")"

  cluster nodeA:1,nobody:1 --dry-run
  check "a host that there is not: exit code" 69 "$code"
  check_says "a host that there is not: message" "host nobody does not answer over ssh"
  cluster nodeB:1,twin:1 --dry-run
  check "one host twice: exit code" 69 "$code"
  check_says "one host twice: message" "hosts nodeB and twin are the same"

  # What differs on nodeB alone: a program, Open MPI, a script.
  local real_mpirun
  real_mpirun=$(realpath -- "$(command -v mpirun.openmpi || command -v mpirun)")
  printf '#!/bin/sh\necho "mpirun (Open MPI) 4.0.3"\n' >"$work/old-mpirun"
  printf '#!/bin/sh\necho 0.0.9\n' >"$work/old-program"
  chmod +x "$work/old-mpirun" "$work/old-program"
  hosts exec nodeB mount --bind "$work/old-program" "$program"
  cluster nodeA:1,nodeB:1 -- --steps 5
  check "another program: exit code" 69 "$code"
  check_says "another program: message" "host nodeB: $program differs (XXH3 "
  check_says "another program: its version" "host nodeB: $program --version says: 0.0.9 (here: 0.1.0)"
  hosts exec nodeB umount "$program"
  hosts exec nodeB mount --bind "$work/old-mpirun" "$real_mpirun"
  cluster nodeA:1,nodeB:1 -- --steps 5
  check_says "another Open MPI: message" "--version says: mpirun (Open MPI) 4.0.3 (here: mpirun (Open MPI) "
  hosts exec nodeB umount "$real_mpirun"
  hosts exec nodeB mount --bind "$work/old-program" "$work/ddp-launch"
  cluster nodeA:1,nodeB:1 -- --steps 5
  check_says "another ddp-launch: message" "host nodeB: $work/ddp-launch answers what cannot be understood"
  hosts exec nodeB umount "$work/ddp-launch"
  hosts exec nodeB mount --bind /dev/null "$work/ddp-launch"
  cluster nodeA:1,nodeB:1 -- --steps 5
  check_says "no ddp-launch: message" "host nodeB: there is no $work/ddp-launch"
  hosts exec nodeB umount "$work/ddp-launch"

  hosts kill nodeC
  cluster nodeA:1,nodeB:1,nodeC:1 -- --steps 5
  check "a host without power: exit code" 69 "$code"
  check_says "a host without power: message" "host nodeC does not answer over ssh"
  check_within "a host without power: in seconds" 10
  hosts down
  check_clean "cluster's checks"
}

test_cluster_jobs() {
  local layout ranks number
  cluster_up nodeA nodeB nodeC
  for layout in nodeA:2,nodeB:2 nodeA:1,nodeB:1,nodeC:1 nodeB:1,nodeC:1; do
    ranks=$(tr , '\n' <<<"$layout" | awk -F: '{ n += $2 } END { print n }') number=$(tr , '\n' <<<"$layout" | wc -l)
    over "$layout" --steps 60 --metrics "$work/one"
    cluster "$layout" -- --data "$checkout/data/names.txt" --steps 60 --progress never --generate 0 \
      --metrics "$work/several"
    check "cluster over $layout: exit code, ranks and hosts" "0 ranks      $ranks ranks on $number hosts" \
      "$code $(where_it_ran)"
    # Not the bits: which of Open MPI's ways to sum is taken may depend on where mpirun runs.
    check_losses "cluster over $layout: the losses of launch/namespaces" "$work/one" "$work/several"
  done
  cluster nodeA:1,nodeB:1 -- --steps minus
  check "cluster: the program's own exit code" 64 "$code"
  check_hosts_quiet "cluster's jobs"
  hosts down
  check_clean "cluster's jobs"
}

# No rank can reach nodeA's ports for signs of life: the job runs on, and its exit code counts.
test_cluster_firewall() {
  local host
  cluster_up nodeA nodeB nodeC
  for host in nodeB nodeC; do hosts exec "$host" ip rule add ipproto 6 dport 45000-45009 blackhole; done
  cluster nodeB:1,nodeC:1 --port 45000-45009 -- --data "$checkout/data/names.txt" --d-model 16 --steps 700000 \
    --progress never --generate 0
  check "cluster, firewall: exit code" 0 "$code"
  check "cluster, firewall: it came to its end" 1 "$(grep -c '^parameters hash' <<<"$out")"
  check_says "cluster, firewall: a rank says so" "no signs of life are given: no supervisor answers at 10.77.0.1:4500"
  check_says "cluster, firewall: so does the launcher" "launch: the ranks cannot be heard: no connection to tcp:10.77.0.1:4500"
  check_hosts_quiet "cluster, firewall"
  hosts down
  check_clean "cluster, firewall"
}

# cluster_lose NAME HOW DELAY|training LAYOUT: cuts nodeB off.
cluster_lose() {
  local -a words
  cluster_up nodeA nodeB nodeC
  cluster_words "$4" -- "${long_options[@]}"
  begin "${words[@]}"
  if [[ $3 == training ]]; then training; else sleep "$3"; fi
  now
  hosts "$2" nodeB
  finish 60
  check "$1: it fails" yes "$([[ $code != 0 && $code != still* ]] && echo yes || echo "$code")"
  check_within "$1: ends in time" 15
  # ssh's session ends when mpirun does, or before.
  case $err in
  *'launch: host nodeB has lost its ssh session'*) check "$1: message" '' '' ;;
  *) check_says "$1: message" "launch: host nodeB does not answer over ssh" ;;
  esac
  # nodeB cannot be told. Its guard ends what is there.
  sleep 14
  check "$1: nothing is left on any host" '' "$(ranks)"
  hosts down
  check_clean "$1"
}

test_cluster_faults() {
  cluster_lose "cluster, link" cut training nodeA:2,nodeB:2
  # A rank that never stops writing: TCP has data to repeat then, and nodeB's own connection does not notice. Only the
  # guard there does.
  local real_program=$program
  program=$work/talker
  # shellcheck disable=SC2016
  printf '%s\n' '#!/bin/bash' '[[ $1 != --version ]] || exec echo 1' \
    'while true; do echo "step $OMPI_COMM_WORLD_RANK" >&2; sleep 0.02; done' >"$program"
  chmod +x "$program"
  cluster_lose "cluster, link of a host with output under way" cut training nodeB:1,nodeC:1
  program=$real_program
  cluster_lose "cluster, power" kill training nodeA:2,nodeB:2
  cluster_lose "cluster, link while the job starts" cut 1.2 nodeA:2,nodeB:2

  local signal pid
  local -a words
  cluster_up nodeA nodeB
  for signal in INT TERM KILL; do
    cluster_words nodeA:1,nodeB:1 -- "${long_options[@]}"
    begin "${words[@]}"
    training
    pid=$(hosts exec nodeA pgrep -of "ddp-launch cluster")
    now
    hosts exec nodeA kill -s "$signal" "$pid"
    finish 20
    check "$signal to launch/cluster: ends it" yes "$([[ $code != still* ]] && echo yes || echo "$code")"
    check_within "$signal to launch/cluster: at once" 6
    sleep 12
    check "$signal to launch/cluster: nothing is left on any host" '' "$(ranks)"
  done
  hosts down
  check_clean "cluster's interruptions"
}
