# shellcheck shell=bash
# launch/namespaces. Sourced by run.

# Ends with 77 and the reason where the kernel or the container forbids it, this is not root, or a tool is missing.
skip_without_namespaces() {
  local code=0 answer
  answer=$(hosts up nodeA 2>&1) || code=$?
  case $code in
  0) hosts down ;;
  69 | 77)
    echo "skipped: $answer"
    exit 77
    ;;
  *)
    echo "FAILED: hosts do not come up (exit code $code): $answer"
    exit 1
    ;;
  esac
}

test_refusals() {
  local launcher=$checkout/launch/namespaces
  attempt "$launcher" --help
  check "help: exit code" 0 "$code"
  attempt setpriv --reuid 65534 --regid 65534 --clear-groups "$launcher" up nodeA
  check "an ordinary user: exit code" 69 "$code"
  check_says "an ordinary user: why" "need root"
  # Root without the right to make namespaces, as in most containers.
  attempt setpriv --bounding-set -sys_admin "$launcher" --name "$set_name" up nodeA
  check "without CAP_SYS_ADMIN: exit code" 77 "$code"
  check_says "without CAP_SYS_ADMIN: why" "this kernel or container forbids hosts in namespaces: unshare"
  mkdir "$work/bin"
  local tool
  for tool in bash env realpath dirname; do ln -s "$(command -v "$tool")" "$work/bin/$tool"; done
  attempt env PATH="$work/bin" "$launcher" up nodeA
  check "without tools: exit code" 69 "$code"
  check_says "without tools: what to install" "apt-get install -y iproute2 util-linux mount"
  local arguments
  for arguments in '' 'fly' 'up' 'up no/good' 'up nodeA nodeA' 'up head' 'run --hosts nodeA:0' 'run --hosts nodeA:'; do
    # shellcheck disable=SC2086  # words
    attempt "$launcher" --name "$set_name" $arguments
    check "'$arguments' is refused" 64 "$code"
  done
  for arguments in list 'cut nodeA' 'kill nodeA' 'exec nodeA true'; do
    # shellcheck disable=SC2086
    attempt "$launcher" --name "$set_name" $arguments
    check "'$arguments' without hosts: exit code" 69 "$code"
    check_says "'$arguments' without hosts: why" "no hosts are up"
  done
  check_clean "refusals"
}

test_host_lists() {
  hosts up nodeA nodeB
  check "each host has its name" "nodeA nodeB" "$(echo "$(hosts exec nodeA uname -n)" "$(hosts exec nodeB uname -n)")"
  check "exec keeps words and the folder" "$PWD a  b" "$(hosts exec nodeB bash -c 'echo "$PWD $1"' bash 'a  b')"
  check "exec passes the exit code on" 3 "$(hosts exec nodeA bash -c 'exit 3' || echo $?)"
  attempt "$checkout/launch/namespaces" --name "$set_name" up nodeC
  check "up twice: exit code" 69 "$code"
  # A second set with the same names and addresses.
  local set_name=other-$$
  hosts up nodeA nodeB
  hosts cut nodeB
  check "two sets do not meet: here" "nodeB      has lost its link" "$(hosts list | grep nodeB)"
  hosts down
  set_name=test-$$
  check "two sets do not meet: there" "nodeB      is well" "$(hosts list | grep nodeB)"
  hosts down
  check_clean "two sets"
}

# received HOST: bytes that came in by its network card.
received() { hosts exec "$1" ip -s link show dev eth0 | awk '/RX:/ { getline; print $1 }'; }

# The losses of a sweep's JSON, in the order of its trials.
losses_of() { grep -E '"(held_out_loss|training_loss|parameters_hash)"' "$1"; }

# A rank of another host gets its trials from rank 0 while that trains: within 5 ms, at the middle one.
test_sweep() {
  local -a grid
  grid=(sweep --data "$checkout/data/names.txt" --progress never --d-model 32 --batch 64 --steps 800)
  grid+=(--learning-rate 0.001 0.002 0.003 0.004 0.006 0.008 0.012 0.016)
  attempt "$program" "${grid[@]}" --json "$work/one.json"
  check "sweep on one host" 0 "$code"
  attempt "$checkout/launch/namespaces" --name "$set_name" run --hosts nodeA:1,nodeB:1 --program "$program" -- \
    "${grid[@]}" --json "$work/two.json"
  check "sweep over two hosts" 0 "$code"
  check "sweep over two hosts: the losses of one" "$(losses_of "$work/one.json")" "$(losses_of "$work/two.json")"
  local wait
  wait=$(sed -n '/"hand_out_ms"/,/}/s/.*"median" : \([0-9.e-]*\).*/\1/p' "$work/two.json")
  check "sweep over two hosts: a rank waits for its trial at most 5 ms" yes \
    "$(awk -v wait="${wait:-none}" 'BEGIN { print wait != "none" && wait <= 5 ? "yes" : wait " ms" }')"
}

test_jobs() {
  local strategy layout ranks number first
  local -a select
  hosts up nodeA nodeB nodeC
  for strategy in "${strategies[@]}"; do
    select=()
    if [[ -n $strategy ]]; then select=(--sync "$strategy"); fi
    for layout in nodeA:2,nodeB:2 nodeA:1,nodeB:1,nodeC:1; do
      local name="${strategy:-default} over $layout"
      if [[ $layout == *nodeC* ]]; then ranks=3 number=3; else ranks=4 number=2; fi
      over "nodeA:$ranks" --steps 60 --metrics "$work/one" "${select[@]}"
      check "$name: the same ranks on one host" "0 ranks      $ranks ranks on 1 host" "$code $(where_it_ran)"
      first=$(last_hash)

      local bytes
      bytes=$(received nodeB)
      over "$layout" --steps 60 --metrics "$work/several" "${select[@]}"
      if [[ $strategy == shared ]] && ((code != 0)); then
        check_says "$name is refused with a reason" "shared"
        continue
      fi
      check "$name: the program sees the hosts" "0 ranks      $ranks ranks on $number hosts" \
        "$code $(where_it_ran)"
      check_losses "$name: the losses of one host" "$work/one" "$work/several"
      # Each step nodeB must learn what the others add to every parameter.
      local parameters
      parameters=$(sed -n 's/^model .* \([0-9,]*\) parameters$/\1/p' <<<"$out" | tr -d ,)
      bytes=$(($(received nodeB) - bytes))
      check "$name: its gradients cross the network" yes \
        "$( ((bytes > 60 * 4 * parameters)) && echo yes || echo "only $bytes bytes for $parameters parameters")"
      first_over=$(last_hash)
      over "$layout" --steps 60 "${select[@]}"
      check "$name: again, the same bits" "$first_over" "$(last_hash)"
      if [[ $options == *--reproducible* ]]; then
        over "nodeA:$ranks" --steps 60 --reproducible "${select[@]}"
        if ((code != 0)); then
          check_says "$name, reproducible: is refused with a reason" "reproducible"
          continue
        fi
        first=$(last_hash)
        over "$layout" --steps 60 --reproducible "${select[@]}"
        check "$name, reproducible: the bits of one host" "$first" "$(last_hash)"
      fi
    done
  done
  over nodeA:2,nodeB:2 --steps 60 --seed 2
  check "another seed, other bits" different "$([[ $(last_hash) == "$first_over" ]] || echo different)"
  check_hosts_quiet "after jobs"
  hosts down
  check_clean "after jobs"
}

# Microseconds for a question and its answer, the best of five: nodeB refuses the connection.
round_trip() {
  # shellcheck disable=SC2016
  hosts exec nodeA bash -c 'for _ in {1..5}; do
      start=${EPOCHREALTIME/./}; { : </dev/tcp/nodeB/9; } 2>/dev/null
      echo $((${EPOCHREALTIME/./} - start))
    done' | sort -n | head -1
}

# check_between NAME LEAST MOST VALUE. The machine may be busy: only what must be so is asked for.
check_between() {
  check "$1" yes "$( (($4 >= $2 && $4 <= $3)) && echo yes || echo "$4, not $2 to $3")"
}

# Milliseconds that the last job trained.
trained() { sed -nE 's/^time .* steps in ([0-9]+)\.([0-9]{2}) s,.*/\1\20/p' <<<"$out"; }

test_wire() {
  hosts up nodeA nodeB
  over nodeA:1,nodeB:1 --steps 20
  local plain
  plain=$(last_hash)
  check_between "no delay: a round trip in µs" 1 19999 "$(round_trip)"
  hosts delay nodeB 20ms
  check_between "20 ms each way: a round trip in µs" 40000 59999 "$(round_trip)"
  check "list tells the delay" "nodeB      is well, delay 20000 µs" "$(hosts list | grep nodeB)"
  over nodeA:1,nodeB:1 --steps 20
  check "20 ms each way: the same bits" "0 $plain" "$code $(last_hash)"
  check_between "20 ms each way: at least that a step" $((20 * 20)) 100000 "$(trained)"
  hosts delay nodeB 1ms
  check_between "another delay takes its place" 2000 19999 "$(round_trip)"
  hosts delay nodeB off
  check_between "without the wire it is as before" 1 19999 "$(round_trip)"

  attempt "$checkout/launch/namespaces" --name "$set_name" rate nodeB 20mbit
  if ((code == 77)); then
    echo "skipped: this kernel has no tbf for rate"
  else
    check "list tells the rate" "nodeB      is well, rate 20mbit" "$(hosts list | grep nodeB)"
    over nodeA:1,nodeB:1 --steps 20
    check "20 Mbit/s: the same bits" "0 $plain" "$code $(last_hash)"
    # 20 gradients of 214,528 bytes.
    check_between "20 Mbit/s: what the gradients take at least" 1600 100000 "$(trained)"
    hosts rate nodeB off
    check "without the limit it is as before" "nodeB      is well no limit" \
      "$(hosts list | grep nodeB) $(hosts exec nodeB tc qdisc show dev eth0 | grep tbf || echo no limit)"
  fi
  attempt "$checkout/launch/namespaces" --name "$set_name" delay nodeB soon
  check "a delay that is none is refused" 64 "$code"
  attempt "$checkout/launch/namespaces" --name "$set_name" rate nodeB fast
  check "a rate that is none is refused" 64 "$code"
  hosts delay nodeB 1ms
  hosts down
  check_clean "after delays"
}

# lose NAME HOW HOST REASON: cuts a host off while it trains. Open MPI itself notices, in 5 to 7 seconds: 205.
lose() {
  hosts up nodeA nodeB
  long_run nodeA:2,nodeB:2
  training
  now
  hosts "$2" "$3"
  finish 60
  check "$1: exit code" 205 "$code"
  check_within "$1: ends in time" 15
  check_says "$1: one clear message" "launch: host $3 $4: the job was ended because of it (exit code 205)"
  hosts down
  check_clean "$1"
}

test_lost_hosts() {
  lose "link of the second host" cut nodeB "has lost its link"
  lose "link of the first host, whose output is under way" cut nodeA "has lost its link"
  lose "power of the second host" kill nodeB "has lost its power"
  lose "power of the first host" kill nodeA "has lost its power"

  # While mpirun starts the ranks Open MPI notices nothing.
  local delay
  for delay in 0.1 0.3 0.5; do
    hosts up nodeA nodeB
    long_run nodeA:2,nodeB:2
    sleep "$delay"
    now
    hosts cut nodeB
    finish 60
    check "cut after $delay s: it fails" yes "$([[ $code != 0 && $code != still* ]] && echo yes || echo "$code")"
    check_within "cut after $delay s: ends in time" 15
    check_says "cut after $delay s: message" "launch: host nodeB has lost its link: the job was ended because of it"
    hosts down
    check_clean "cut after $delay s"
  done

  hosts up nodeA nodeB
  hosts kill nodeB
  over nodeA:1,nodeB:1 --steps 20
  check "a host without power: exit code" 69 "$code"
  check_says "a host without power: message" "host nodeB has no power"

  hosts down
  hosts up nodeA nodeB
  begin "$checkout/launch/namespaces" --name "$set_name" run --hosts nodeA:1,nodeB:1 --program "$program" -- \
    --data "$checkout/data/names.txt" --steps 4000 --log-every 100 --generate 0
  training
  hosts cut nodeB
  sleep 1
  hosts restore nodeB
  finish 100
  check "a second without network is survived" 0 "$code"
  check_hosts_quiet "a second without network"
  hosts down
}

# The job's own hosts go with it, however it ends.
test_interruptions() {
  local signal pid
  for signal in INT TERM KILL; do
    long_run nodeA:1,nodeB:1
    training
    pid=$(pgrep -f -- "namespaces --name $set_name run" | head -1)
    now
    kill -s "$signal" "$pid"
    finish 20
    check "$signal to launch/namespaces: ends the job" yes \
      "$([[ $code != 0 && $code != still* || $signal == INT && $code == 0 ]] && echo yes || echo "$code")"
    check_within "$signal to launch/namespaces: at once" 6
    # After a crash the folder stays until the next up or down. Nothing else does.
    if [[ $signal == KILL ]]; then
      check "KILL: no process is left" '' "$(sleep 1 && processes)"
      hosts up nodeA
      check "KILL: the next up clears what is left" "nodeA      is well" "$(hosts list)"
      hosts down
    fi
    check_clean "$signal"
  done
  over nodeA:1,nodeB:1 --steps 20
  check "hosts of a job's own" "0 ranks      2 ranks on 2 hosts" "$code $(where_it_ran)"
  over nodeA:1,nodeB:1 --steps minus
  check "the program's own exit code" 64 "$code"
  check_clean "hosts of a job's own"
}
