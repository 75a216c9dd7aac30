# Rows of "round cell way rps p50 p99 server-us postgres-us bad" become the first table: medians, ranges in brackets.
function sorted(key, list,    n, parts, i, j, t) {
  n = split(all[key], parts, " ")
  for (i = 1; i <= n; i++) list[i] = parts[i] + 0
  for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
  return n
}
function median(key,    list, n) { n = sorted(key, list); return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2 }
function least(key,    list) { sorted(key, list); return list[1] }
function most(key,    list, n) { n = sorted(key, list); return list[n] }
function both(key, form) { return sprintf(form " [" form " to " form "]", median(key), least(key), most(key)) }
{
  all[$2, $3, "rps"] = all[$2, $3, "rps"] " " $4
  all[$2, $3, "p50"] = all[$2, $3, "p50"] " " $5 / 1000
  all[$2, $3, "p99"] = all[$2, $3, "p99"] " " $6 / 1000
  all[$2, $3, "server"] = all[$2, $3, "server"] " " $7
  all[$2, $3, "postgres"] = all[$2, $3, "postgres"] " " $8
  bad[$2] += $9
  rps[$1, $2, $3] = $4
  if ($1 > rounds) rounds = $1
}
END {
  split("list search get append", cells, " ")
  print "| request | Chatkeep rps | pgbench tps | ratio | p50 ms, Chatkeep / pgbench | p99 ms, Chatkeep / pgbench | server us | PostgreSQL us, Chatkeep / pgbench | bad |"
  print "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
  for (i = 1; i <= 4; i++) {
    c = cells[i]
    for (r = 1; r <= rounds; r++) if (rps[r, c, "pg"] > 0) all[c, "ratio"] = all[c, "ratio"] " " rps[r, c, "http"] / rps[r, c, "pg"]
    if (bad[c]) { printf "| %s | INVALID | | | | | | | %d |\n", c, bad[c]; continue }
    printf "| %s | %s | %s | %s | %.1f / %.1f | %s / %.1f | %s | %.0f / %.0f | %d |\n", c, both(c SUBSEP "http" SUBSEP "rps", "%.0f"), \
      both(c SUBSEP "pg" SUBSEP "rps", "%.0f"), both(c SUBSEP "ratio", "%.2f"), median(c SUBSEP "http" SUBSEP "p50"), \
      median(c SUBSEP "pg" SUBSEP "p50"), both(c SUBSEP "http" SUBSEP "p99", "%.0f"), median(c SUBSEP "pg" SUBSEP "p99"), \
      both(c SUBSEP "http" SUBSEP "server", "%.0f"), median(c SUBSEP "http" SUBSEP "postgres"), median(c SUBSEP "pg" SUBSEP "postgres"), bad[c]
  }
  print "\nMedians [least to most] of " rounds " rounds; the ratio is taken within each round."
}
