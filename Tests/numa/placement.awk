# Reads what the guest says of a job's pages, with `parameters` the model's number of them. Prints
#
#     ranks on NODES
#     KIND of RANKS on NODE: N elsewhere, N nowhere<tab>N pages on node 0, N on node 1
#
# for all that ranks share and that is large. Ranks of a domain have one file: the first one's gradient, the replica, the
# other ranks' gradients. All ranks have the domains' sums, even parts of a file in the order of the domains' first ranks.
# NODE is where it is to lie; of a replica for ranks of both nodes each owner has a part in each matrix, and any is right.
# A file ends with pages that nobody touches, of room to align what is in it. Cuts between parts are known to within two
# pages: there both nodes are right.
$1 == "rank" && $3 == "on" {
  node[$2] = $4
  if ($2 >= ranks) ranks = $2 + 1
}

$1 == "rank" && $3 == "has" && $5 * 4096 >= parameters * 4 {
  file = $4
  pages[file] = $5
  sharing[file, $2] = 1
  for (field = 6; field <= NF; field++) {
    split($field, run, /[-@]/)
    for (page = run[1]; page <= run[2]; page++) lies[file, page] = run[3]
    if (page > used[file]) used[file] = page
    count[$2, file, run[3]] += run[2] - run[1] + 1
  }
}

# osc_sm.HOST.JOB.RANK.CONTEXT\040(deleted) … N0=… N1=…: Linux counts as `pages` does.
$1 == "rank" && $3 == "maps" {
  split($4, name, /[.\\]/)
  file = name[4] "." name[5]
  if (!(file in pages)) next
  for (field = 5; field <= NF; field++)
    if ($field ~ /^N[0-9]+=/) {
      split(substr($field, 2), counted, "=")
      count[$2, file, counted[1]] -= counted[2]
    }
}

END {
  for (rank = 0; rank < ranks; rank++) all = list(all, rank)
  for (file in pages) {
    owners = nodes = ""
    on = -1
    for (rank = 0; rank < ranks; rank++)
      if ((file, rank) in sharing) {
        owners = list(owners, rank)
        on = on == -1 || on == node[rank] ? node[rank] : "any"
      }
    ranksOf[file] = owners
    nodeOf[file] = on
    if (owners != all) several = 1
  }
  for (rank = 0; rank < ranks; rank++) nodes = list(nodes, node[rank])
  print "ranks on " nodes
  for (file in pages) {
    parts = 0
    if (several && ranksOf[file] == all) sums(used[file])
    else memory(file, used[file])
    for (part = 1; part <= parts; part++) print place(file, part) | "LC_ALL=C sort"
  }
  close("LC_ALL=C sort")
  for (key in count)
    if (count[key]) {
      split(key, of, SUBSEP)
      print "rank " of[1] ": numa_maps has " (-count[key]) " pages of " of[2] " more on node " of[3]
    }
}

function list(so_far, next_one) { return so_far == "" ? next_one : so_far "," next_one }

# The next part, of so many pages.
function add(what, on, length_) {
  parts++
  kind[parts] = what
  expected[parts] = on
  end[parts] = (parts > 1 ? end[parts - 1] : 0) + length_
}

function sums(size, rank, other, first) {
  for (rank = 0; rank < ranks; rank++)
    for (other in pages)
      if (ranksOf[other] != all && index(ranksOf[other] ",", rank ",") == 1) first[rank] = other
  for (rank = 0; rank < ranks; rank++)
    if (rank in first) add("sum of " ranksOf[first[rank]], nodeOf[first[rank]], size / domains(first))
}

function domains(first, rank, found) {
  for (rank in first) found++
  return found
}

function memory(file, size, owner, count, gradient, i) {
  count = split(ranksOf[file], owner, ",")
  gradient = parameters * 4 / 4096
  add("gradient of " owner[1], node[owner[1]], gradient)
  add("replica of " ranksOf[file], nodeOf[file], size - count * gradient)
  for (i = 2; i <= count; i++) add("gradient of " owner[i], node[owner[i]], gradient)
}

function place(file, part, page, start, near, elsewhere, nowhere, on) {
  start = part > 1 ? end[part - 1] : 0
  on[0] = on[1] = elsewhere = nowhere = 0
  for (page = int(start + 0.5); page < int(end[part] + 0.5); page++) {
    if (!((file, page) in lies)) {
      nowhere++
      continue
    }
    on[lies[file, page]]++
    near = part > 1 && expected[part - 1] != expected[part] && page - start < 2 ||
      part < parts && expected[part + 1] != expected[part] && end[part] - page < 2
    if (!near && expected[part] != "any" && lies[file, page] != expected[part]) elsewhere++
  }
  return kind[part] " on " expected[part] ": " elsewhere " elsewhere, " nowhere " nowhere\t" \
    on[0] " pages on node 0, " on[1] " on node 1"
}
