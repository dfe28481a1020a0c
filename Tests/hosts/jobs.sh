# shellcheck shell=bash
# Jobs, how they end, and what they leave behind. Sourced by run.

# Sets options to what the program's help says, and strategies to those it offers, the default as ''.
find_strategies() {
  local sync
  options=$("$program" train --help | tr -s ' \n' ' ')
  strategies=('')
  sync=${options#*--sync <}
  if [[ $sync != "$options" && ${sync%% --*} =~ \(values:\ ([a-z,\ ]+)\) ]]; then
    IFS=', ' read -ra strategies <<<"${BASH_REMATCH[1]}"
  fi
}

# over HOSTS OPTION…: a job over the hosts in namespaces.
over() {
  attempt "$checkout/launch/namespaces" --name "$set_name" run --hosts "$1" --program "$program" -- \
    --data "$checkout/data/names.txt" --progress never --generate 0 "${@:2}"
}

# begin NAME COMMAND…: a job in the background. Its end is finish's business.
begin() {
  # A crash must not leave the previous job's words.
  : >"$work/err"
  code_file=$work/code
  rm -f -- "$code_file"
  (
    code=0
    "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
    echo "$code" >"$code_file"
  ) 2>/dev/null &
}

long_run() { # HOSTS
  begin "$checkout/launch/namespaces" --name "$set_name" run --hosts "$1" --program "$program" -- "${long_options[@]}"
}
long_options=(--data "$checkout/data/names.txt" --steps 20000000 --log-every 100 --generate 0)

# Waits until the background job trains.
training() {
  local _
  for _ in {1..400}; do
    ! grep -q '^step ' "$work/err" || return 0
    sleep 0.1
  done
  echo "the job does not begin to train: $(<"$work/err")" >&2
  return 1
}

# Waits until the background job has ended, at most $1 seconds, and sets code, err and took from $since (now if empty).
finish() {
  local limit=$(($1 * 1000)) start=${since:-$(date +%s%3N)}
  while [[ ! -s $code_file ]] && (($(date +%s%3N) - start < limit)); do sleep 0.1; done
  took=$(($(date +%s%3N) - start)) since=
  err=$(<"$work/err")
  code=still\ running
  if [[ -s $code_file ]]; then code=$(<"$code_file"); fi
}

now() { since=$(date +%s%3N); }

# What is on this machine that jobs could leave: interfaces, shared memory, temporary files.
traces() {
  ip -o link | cut -d: -f2
  ls -d /dev/shm/ddp-train.* /tmp/ddp-train.* /dev/shm/*node[A-Z]* /tmp/ompi.node* /tmp/ompi.head* 2>/dev/null || true
}

# Processes of this test's jobs and hosts: by the path in their command lines, Open MPI's daemons by their TMPDIR.
processes() {
  local file pid line
  for file in /proc/[0-9]*/cmdline; do
    pid=${file#/proc/} pid=${pid%/cmdline}
    ((pid != $$)) || continue
    { line=$(tr '\0' ' ' <"$file"); } 2>/dev/null || continue
    if [[ $line == "$program "* || $line == *"/bash $program "* || $line == *"-test-$$ room"* || $line == *"-test-$$ host"* ]] ||
      { [[ ${line%% *} == *@(or|pr)ted ]] && grep -qs -- "-test-$$/tmp" "/proc/$pid/environ"; }; then
      echo "$pid $line"
    fi
  done
}

# Of these, the ranks and Open MPI's daemons.
ranks() { processes | grep -E "^[0-9]+ (.*/bash )?($program|[^ ]*(or|pr)ted) " || true; }

# left_of COMMAND: what it still prints after three seconds, in which processes may end.
left_of() {
  local _ left
  for _ in {1..30}; do
    left=$("$1")
    [[ -n $left ]] || break
    sleep 0.1
  done
  echo "$left"
}

# check_clean NAME: hosts are down, and there is no trace of them.
check_clean() {
  local left
  left=$(left_of processes)
  check "$1: nothing is left" "$before" "$left$(traces)$(ls -d "${XDG_RUNTIME_DIR:-/tmp}/ddp-train-hosts-$EUID-$set_name" 2>/dev/null || true)"
}

# check_hosts_quiet NAME: hosts are up, and no rank or daemon runs on them.
check_hosts_quiet() {
  check "$1: no process of it is left" '' "$(left_of ranks)"
}

# The last job's ranks and hosts, without what else the line says.
where_it_ran() { sed -n 's/^\(ranks .* hosts\{0,1\}\).*/\1/p' <<<"$out"; }
last_hash() { sed -n 's/^parameters hash //p' <<<"$out"; }

# losses FILE: one a line, from a metrics file.
losses() { sed -n 's/.*"loss": \([0-9.e-]*\).*/\1/p' "$1"; }

# check_losses NAME FILE FILE: the same number of steps, at least one, and each loss agrees within 1e-5.
check_losses() {
  check "$1" '60 steps agree' "$(paste <(losses "$2") <(losses "$3") | awk '
    { d = $1 - $2; if (d < 0) d = -d; if (d > 1e-5 || NF != 2) { print "step " NR ": " $1 " and " $2; exit } n++ }
    END { print n + 0 " steps agree" }')"
}
