# Rows of "round request size rps p50 p99 server-us postgres-us bad" become the second table.
function sorted(key, list,    n, parts, i, j, t) {
  n = split(all[key], parts, " ")
  for (i = 1; i <= n; i++) list[i] = parts[i] + 0
  for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
  return n
}
function median(key,    list, n) { n = sorted(key, list); return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2 }
function both(key, form,    list, n) { n = sorted(key, list); return sprintf(form " [" form " to " form "]", median(key), list[1], list[n]) }
{
  if (!($2 in seen)) { seen[$2] = 1; order[++rows] = $2 }
  all[$2, $3, "p50"] = all[$2, $3, "p50"] " " $5 / 1000
  all[$2, $3, "p99"] = all[$2, $3, "p99"] " " $6 / 1000
  all[$2, $3, "postgres"] = all[$2, $3, "postgres"] " " $8
  p50[$1, $2, $3] = $5; p99[$1, $2, $3] = $6
  bad[$2] += $9
  if ($1 > rounds) rounds = $1
}
END {
  print "| request | p50 ms, large / small | ratio | p99 ms, large / small | ratio | PostgreSQL us, large / small | bad |"
  print "| --- | --- | --- | --- | --- | --- | --- |"
  for (i = 1; i <= rows; i++) {
    c = order[i]
    if (bad[c]) { printf "| %s | INVALID | | | | | %d |\n", c, bad[c]; continue }
    for (r = 1; r <= rounds; r++) {
      if (p50[r, c, "small"] > 0) all[c, "r50"] = all[c, "r50"] " " p50[r, c, "big"] / p50[r, c, "small"]
      if (p99[r, c, "small"] > 0) all[c, "r99"] = all[c, "r99"] " " p99[r, c, "big"] / p99[r, c, "small"]
    }
    printf "| %s | %.2f / %.2f | %s | %.2f / %.2f | %s | %.0f / %.0f | %d |\n", c, median(c SUBSEP "big" SUBSEP "p50"), \
      median(c SUBSEP "small" SUBSEP "p50"), both(c SUBSEP "r50", "%.2f"), median(c SUBSEP "big" SUBSEP "p99"), \
      median(c SUBSEP "small" SUBSEP "p99"), both(c SUBSEP "r99", "%.2f"), median(c SUBSEP "big" SUBSEP "postgres"), \
      median(c SUBSEP "small" SUBSEP "postgres"), bad[c]
  }
  print "\nMedians [least to most] of " rounds " rounds; the ratios are taken within each round."
}
