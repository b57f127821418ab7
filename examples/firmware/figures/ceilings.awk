# Reads ceilings and then figures. With update=true it prints the ceilings anew; otherwise it says which figures are past them,
# and then fails. A line is a key of four words, pairs of a name and a number, and, in the file of ceilings, limits after a bar.

# Words from the fifth on, as pairs; stops at the bar. Returns where it stopped.
function pairs(into, names,    i) {
    for (i = 5; i < NF && $i != "|"; i += 2) {
        into[key, $i] = $(i + 1)
        names[key] = names[key] " " $i
    }
    return i
}

# A few per cent of room, so that a compiler may change its mind; none for the size of a type, nor past a limit that is kept.
function room(name, figure,    ceiling) {
    ceiling = name == "ram" ? figure : name == "stack" ? figure + 8 : int(figure * 1.03) + 1
    return kept(key SUBSEP name, figure) && ceiling > limit[key, name] ? limit[key, name] : ceiling
}

function kept(at, figure) {
    return at in limit && figure <= limit[at]
}

# A figure that another compiler may well give.
function differ(text) {
    if (compiler == of) complain(text)
    else print text >"/dev/stderr"
}

function complain(text) {
    print text >"/dev/stderr"
    failed = 1
}

FNR == 1 { file++ }
/^# compiler: / {
    of = substr($0, length("# compiler: ") + 1)
    if (update == "true") print "# compiler: " compiler
    next
}
/^#/ { if (update == "true") print; next }
$5 == "estimated-cycles" { next }
{ key = $1 " " $2 " " $3 " " $4 }

file == 1 {
    keys[++count] = key
    known[key]
    bar = pairs(ceiling, ceilings)
    for (i = bar + 1; i < NF; i += 2) {
        limit[key, $i] = $(i + 1)
        limits[key] = limits[key] " " $i " " $(i + 1)
    }
}

file == 2 {
    pairs(figure, figures)
    if (!(key in known)) keys[++count] = key
}

END {
    for (k = 1; k <= count; k++) {
        key = keys[k]
        if (update == "true") {
            line = key
            n = split(key in figures ? figures[key] : ceilings[key], name, " ")
            for (i = 1; i <= n; i++)
                line = line " " name[i] " " (key in figures ? room(name[i], figure[key, name[i]]) : ceiling[key, name[i]])
            print line (key in limits ? " |" limits[key] : "")
        } else if (!(key in figures)) {
            if (key ~ pattern) complain(key " was not measured")
            continue
        } else if (!(key in known)) {
            complain(key " has no ceiling")
            continue
        }
        n = split(figures[key], name, " ")
        for (i = 1; i <= n; i++) {
            at = key SUBSEP name[i]
            text = key ": " name[i] " " figure[at]
            # Not a failure: that is what a ceiling is for, which such a figure has too.
            if (at in limit && figure[at] > limit[at]) print text ", short of the limit " limit[at] >"/dev/stderr"
            if (update == "true") continue
            if (figure[at] > ceiling[at]) differ(text ", ceiling " ceiling[at])
            else if (kept(at, figure[at]) && ceiling[at] > limit[at]) complain(key ": the ceiling of " name[i] " is past its limit")
        }
    }
    if (update == "true") exit
    if (compiler != of) print "not checked: the ceilings of the chips, which are those of " of ", not of " compiler
    else if (!failed) print "no figure is past its ceiling"
    exit failed
}
