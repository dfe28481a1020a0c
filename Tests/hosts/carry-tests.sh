# shellcheck shell=bash
# launch/cluster --carry, to hosts with home folders of their own that lack the program. Sourced by run, after cluster-tests.sh.

# Where all that is carried lies, on each host its own.
carried_on() { # HOST
  hosts exec "$1" bash -c 'cd /root/.cache/ddp-train 2>/dev/null && echo *'
}

test_carrying() {
  local installed=$work/installed program alone hash
  local -a run=(--steps 30 --reproducible --generate 0 --progress never)
  "$checkout/launch/install" --program "$work/ddp-train" "$installed" 2>/dev/null
  program=$installed/bin/ddp-train
  alone=$("$program" "${run[@]}" | grep '^parameters hash')

  cluster_up nodeA nodeB nodeC
  local host
  for host in nodeA nodeB nodeC; do hosts exec "$host" mount -t tmpfs tmpfs /root; done
  # nodeB has none of it; what the others have is not what they run.
  hosts exec nodeB mount -t tmpfs tmpfs "$installed"
  hosts exec nodeB mount --bind /dev/null "$work/ddp-train"
  cluster nodeA:1,nodeB:1 -- "${run[@]}"
  check "a host without the program: exit code" 69 "$code"

  cluster nodeA:1,nodeB:1,nodeC:1 --carry -- "${run[@]}"
  check "carried: the job ends well, with the result of one host" "0 $alone" "$code $(grep '^parameters hash' <<<"$out")"
  hash=$(carried_on nodeB)
  check "in a folder with the name of a hash" 64 "${#hash}"
  for host in nodeB nodeC; do
    check_says "and says so of $host" "launch: host $host: was brought ddp-train, to /root/.cache/ddp-train/$hash"
  done
  check "with the names, which were read there" "0 names.txt" \
    "$code $(hosts exec nodeB ls "/root/.cache/ddp-train/$hash/share/ddp-train/data" | grep names)"
  check "for the user's eyes alone" "700 700" \
    "$(hosts exec nodeB stat -c %a "/root/.cache/ddp-train/$hash" | tr -d '\n') $(hosts exec nodeA stat -c %a "/root/.cache/ddp-train/$hash")"

  cluster nodeA:1,nodeB:1,nodeC:1 --carry --dry-run -- "${run[@]}"
  check "a second time nothing is brought, and the line has the carried program" "0 0 yes" \
    "$code $(grep -c brought <<<"$err") $([[ $out == *" /root/.cache/ddp-train/$hash/bin/ddp-launch bind /root/.cache/ddp-train/$hash/bin/ddp-train "* ]] && echo yes || echo "$out")"

  hosts exec nodeB truncate -s +1 "/root/.cache/ddp-train/$hash/bin/ddp-train"
  cluster nodeA:1,nodeB:1,nodeC:1 --carry -- "${run[@]}"
  check "what was changed is brought again, and nothing else" "0 1" "$code $(grep -c brought <<<"$err")"
  check_says "to that host" "host nodeB: was brought"

  # Folders that are none of it, and what is half there.
  hosts exec nodeB mkdir -p /root/.cache/ddp-train/mine "/root/.cache/ddp-train/${hash//[0-9]/f}"
  cluster nodeA:1,nodeB:1,nodeC:1 --remove-carried
  check "removes it on request" "0 nothing" "$code $(carried_on nodeA || echo nothing)"
  check_says "and says so" "launch: host nodeB: removed (folders: 1)"
  check "and nothing else" "${hash//[0-9]/f} mine" "$(carried_on nodeB)"
  cluster nodeB:1 --remove-carried
  check_says "a second time there is nothing" "launch: host nodeB: nothing was carried there"

  hosts exec nodeB umount -l /root
  hosts exec nodeB mount -t tmpfs -o size=4m tmpfs /root
  cluster nodeA:1,nodeB:1 --carry -- "${run[@]}"
  check "no room on a host: exit code" 69 "$code"
  check_says "no room on a host: the reason" "host nodeB: did not take what was carried there: exit code "
  check "and nothing half is left" '*' "$(carried_on nodeB)"

  sed 's|^\(root:.*\):/root:|\1:/elsewhere:|' "$work/keys/passwd" >"$work/keys/other-passwd"
  hosts exec nodeB mount --bind "$work/keys/other-passwd" /etc/passwd
  cluster nodeA:1,nodeB:1 --carry -- "${run[@]}"
  check "another home folder there: exit code" 69 "$code"
  check_says "another home folder there: says so" "host nodeB: its folder would be /elsewhere/.cache/ddp-train/$hash, and here it is /root/.cache"
  cluster nodeA:1,nobody:1 --carry -- "${run[@]}"
  check "a host that there is not: exit code" 69 "$code"
  check_says "a host that there is not: message" "host nobody: cannot be asked what it has: exit code 255"
  cluster nodeA:1 --carry --remove-carried
  check "both at once: exit code" 64 "$code"
  hosts down
  check_clean "carrying"
  check "this machine's own cache has none of it" no "$([[ -e ~/.cache/ddp-train/$hash ]] || echo no)"
}
