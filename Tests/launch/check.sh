# shellcheck shell=bash
# Counting checks. Sourced by the tests in bash.

passed=0
failed=0

# check NAME EXPECTED ACTUAL
check() {
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    local indented=$'\n            '
    printf 'FAILED: %s\n  expected: %s\n  got:      %s\n' "$1" "${2//$'\n'/$indented}" "${3//$'\n'/$indented}"
  fi
}

# check_says NAME PART: the last command's stderr contains PART.
check_says() {
  if [[ $err == *"$2"* ]]; then check "$1" '' ''; else check "$1" "…$2…" "$err"; fi
}

# check_within NAME SECONDS: took, of the last job, is no longer.
check_within() {
  if ((took <= $2 * 1000)); then check "$1" '' ''; else check "$1" "at most $2 s" "$took ms"; fi
}
