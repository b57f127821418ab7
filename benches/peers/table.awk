# Takes lines IMPL,BUILD,WORKLOAD,fwd|step,median,min of several rounds. Prints each once, with the median of the medians
# and the least of the minima, then the tables of ratios. Lines that begin with # are printed once.

BEGIN {
    FS = ","
    cells = split("W1,fwd W2,fwd W3,fwd W4,fwd W1,step W2,step W3,step W4,step W4b32,step", cell, " ")
    # Without a ceiling. Batches that are collected compete with those that are at hand.
    more = split("W2-adam W4-adam W4b32 W4b32-momentum W4b32-adam W4batch32 W4batch32-momentum W4batch32-adam", other, " ")
}

/^#/ { if (!noted[$0]++) print; next }

NF == 6 && $5 > 0 {
    key = $1 "," $2 "," $3 "," $4
    if (!(key in rounds)) keys[++n] = key
    # Sorted as they come.
    for (i = ++rounds[key]; i > 1 && median[key, i - 1] > $5; i--) median[key, i] = median[key, i - 1]
    median[key, i] = $5 + 0
    if (!(key in least) || $6 + 0 < least[key]) least[key] = $6 + 0
}

function ratio(time, other, target,    r) {
    if (time == "" || other == "") return "–"
    r = sprintf("%.2f", time / other)
    return target != "" && r > target ? "**" r "**" : r
}

function nanoseconds(time) {
    return time == "" ? "–" : sprintf("%.0f", time)
}

END {
    for (i = 1; i <= n; i++) {
        key = keys[i]
        k = rounds[key]
        # Between the two in the middle, if their number is even.
        time[key] = (median[key, int((k + 1) / 2)] + median[key, int(k / 2) + 1]) / 2
        printf "%s,%.2f,%.2f\n", key, time[key], least[key]

        split(key, part, ",")
        if (part[1] ~ /^downhill-/) continue
        at = part[3] "," part[4]
        if (part[1] ~ /^c-ref/) ceiling[at, part[2]] = time[key]
        else if (!(at in best) || time[key] < best[at]) { best[at] = time[key]; name[at] = part[1] " " part[2] }
    }

    print "\nOurs / C ceiling of the same build (past the target: bold; the ceiling does not keep its bits, and has no targets for libm):\n"
    print "| | base, target | fast | libm | native, target | fast | libm |"
    print "|---|--:|--:|--:|--:|--:|--:|"
    for (i = 1; i <= cells; i++) {
        split(cell[i], part, ",")
        base = part[1] == "W1" ? 1.25 : 1.15
        native = cell[i] == "W4,fwd" ? 1.1 : cell[i] ~ /^W4.*step/ ? 1.3 : 1.4
        row = "| " part[1] " " part[2] " | " base
        row = row " | " ratio(time["downhill-fast,base," cell[i]], ceiling[cell[i], "base"], base)
        row = row " | " ratio(time["downhill-libm,base," cell[i]], ceiling[cell[i], "base"])
        row = row " | " native
        row = row " | " ratio(time["downhill-fast,native," cell[i]], ceiling[cell[i], "native"], native)
        row = row " | " ratio(time["downhill-libm,native," cell[i]], ceiling[cell[i], "native"])
        print row " |"
    }

    for (i = 1; i <= more; i++) if (other[i] != "W4b32") cell[++cells] = other[i] ",step"

    print "\nOurs / best peer, whichever its build (target: below 1; else bold):\n"
    print "| | best peer | fast, base | libm, base | fast, native | libm, native |"
    print "|---|---|--:|--:|--:|--:|"
    for (i = 1; i <= cells; i++) {
        ours_at = at = cell[i]
        sub("batch32", "b32", at)
        split(ours_at, part, ",")
        row = "| " part[1] " " part[2] " | " (at in best ? sprintf("%s, %.0f ns", name[at], best[at]) : "–")
        split("fast,base libm,base fast,native libm,native", ours, " ")
        for (o = 1; o <= 4; o++) row = row " | " ratio(time["downhill-" ours[o] "," ours_at], best[at], 0.99)
        print row " |"
    }

    print "\nns per sample, one by one, in slices (b32) and collected by Batch (batch32):\n"
    print "| | fast, base | libm, base | fast, native | libm, native | best peer |"
    print "|---|--:|--:|--:|--:|---|"
    for (i = 1; i <= more; i++) {
        ours_at = at = other[i] ",step"
        sub("batch32", "b32", at)
        row = "| " other[i]
        for (o = 1; o <= 4; o++) row = row " | " nanoseconds(time["downhill-" ours[o] "," ours_at])
        print row " | " (at in best ? sprintf("%s, %.0f", name[at], best[at]) : "–") " |"
    }
}
