# Makes the tables of a page from the lines that `measure` prints: that of README.md, or those of docs/figures.md.

# A column of the line with this key, with commas.
function value(key, name,    n, text) {
    n = figure[key, name]
    if (n == "") return "–"
    while (n >= 1000) {
        text = sprintf(",%03d", n % 1000) text
        n = int(n / 1000)
    }
    return n text
}

function row(first, cells) {
    print "| " first " | " cells " |"
}

{
    for (i = $5 == "estimated-cycles" ? 6 : 5; i < NF; i += 2)
        figure[$1 " " $2 " " $3 " " $4, ($5 == "estimated-cycles" ? "cycles " : "") $i] = $(i + 1)
}

END {
    split("2-3-1 64-32-10 128-32-8-32-128 784-100-10", network, " ")
    split("libm fast micromath", backends, " ")

    name["m4f"] = "Cortex-M4F"
    name["m4f-tuned"] = "Cortex-M4F, `target-cpu=cortex-m4`"
    name["m0"] = "Cortex-M0"
    name["rv32"] = "RISC-V rv32imc"

    print "Compiler: " compiler ".\n"
    if (page == "README.md") {
        print "| chip | `predict` | `step` | estimated cycles: `predict` | `step` | trainer | stack | code |"
        print "|---|---|---|---|---|---|---|---|"
        n = split("m4f m4f-vfp m0 rv32", chip, " ")
        name["m4f-vfp"] = "Cortex-M4F, feature `vfp`"
        for (c = 1; c <= n; c++) {
            key = chip[c] == "m4f-vfp" ? "m4f o3 W2 vfp" : chip[c] " o3 W2 libm"
            row(name[chip[c]], value(key, "forward") " | " value(key, "step") " | " value(key, "cycles forward") " | " \
                value(key, "cycles step") " | " value(key, "ram") " | " value(key, "stack") " | " value(key, "code"))
        }
        exit
    }
    print "Cortex-M4F at `opt-level = 3`, instructions per call and bytes:\n"
    print "| network | `predict` | `step` | with `Fast`: `predict` | `step` | trainer | stack | code |"
    print "|---|---|---|---|---|---|---|---|"
    for (w = 1; w <= 4; w++) {
        libm = "m4f o3 W" w " libm"
        fast = "m4f o3 W" w " fast"
        row(network[w], value(libm, "forward") " | " value(libm, "step") " | " value(fast, "forward") " | " \
            value(fast, "step") " | " value(libm, "ram") " | " value(libm, "stack") " | " value(libm, "code"))
    }

    print "\n64-32-10 on each chip, `predict` / `step` in instructions, code in bytes:\n"
    print "| chip | `opt-level` | `Libm` | code | `Fast` | code | `Micromath` | code |"
    print "|---|---|---|---|---|---|---|---|"
    n = split("m4f o3,m4f os,m4f os+3,m4f-tuned o3,m4f-tuned os,m0 o3,m0 os,rv32 o3,rv32 os", build, ",")
    level["o3"] = "3"
    level["os"] = "s"
    level["os+3"] = "s, this crate 3"
    for (b = 1; b <= n; b++) {
        split(build[b], part, " ")
        cells = level[part[2]]
        for (m = 1; m <= 3; m++) {
            key = build[b] " W2 " backends[m]
            cells = cells " | " value(key, "forward") " / " value(key, "step") " | " value(key, "code")
        }
        row(name[part[1]], cells)
    }

    print "\n64-32-10 in integers, from inputs that are integers; bytes. Weights of 16 bits are rounded to the nearest, those of 8 at random; int8"
    print "only predicts. More on them: [integer.md](integer.md).\n"
    print "| numbers | chip | `opt-level` | `predict` | `step` | learner | stack | code |"
    print "|---|---|---|---|---|---|---|---|"
    split("integer integer8 int8", numbers, " ")
    split("weights `i16`,weights `i8`,int8", title, ",")
    for (l = 1; l <= 3; l++) {
        for (b = 1; b <= n; b++) {
            split(build[b], part, " ")
            key = build[b] " W2 " numbers[l]
            if ((key, "forward") in figure)
                row(title[l], name[part[1]] " | " level[part[2]] " | " value(key, "forward") " | " value(key, "step") " | " \
                    value(key, "ram") " | " value(key, "stack") " | " value(key, "code"))
        }
    }

    print "\nLearners of streams, instructions for a sample that arrives (`observe` and `predict`) and for one that is learnt from, with"
    print "all replays; bytes. Five networks and one are those of the example `stream` for nine inputs and two classes, with full buffers;"
    print "the guard has a network 9-8-2, 200 anchors and a check every 50 samples:\n"
    print "| learner | chip | `opt-level` | arrives | learnt from | learner | stack | code |"
    print "|---|---|---|---|---|---|---|---|"
    split("stream one guard", learner, " ")
    split("five networks,one network,a guard", title, ",")
    for (l = 1; l <= 3; l++) {
        for (b = 1; b <= n; b++) {
            split(build[b], part, " ")
            key = build[b] " field/" learner[l] " libm"
            if ((key, "forward") in figure)
                row(title[l], name[part[1]] " | " level[part[2]] " | " value(key, "forward") " | " value(key, "step") " | " \
                    value(key, "ram") " | " value(key, "stack") " | " value(key, "code"))
        }
    }

    print "\nA Cortex-M4F without and with the feature `vfp`: instructions, cycles as below, bytes. A slice has eight samples; its instructions are"
    print "those of a sample, its cycles those of all:\n"
    print "| network | `opt-level` | learner | feature | `predict` | `step` | cycles: `predict` | `step` | stack | code |"
    print "|---|---|---|---|---|---|---|---|---|---|"
    v = split("o3 W2,os W2,o3 W4,os W4,o3 W2/momentum,o3 W2/adam,o3 W2/slices", with, ",")
    split("`Sgd`,`Sgd`,`Sgd`,`Sgd`,`Momentum`,`Adam`,`Sgd` in slices", title, ",")
    for (l = 1; l <= v; l++) {
        split(with[l], part, " ")
        for (f = 1; f <= 2; f++) {
            key = "m4f " with[l] (f == 1 ? " libm" : " vfp")
            row(network[substr(part[2], 2, 1)], level[part[1]] " | " title[l] " | " (f == 1 ? "" : "`vfp`") " | " \
                value(key, "forward") " | " value(key, "step") " | " value(key, "cycles forward") " | " \
                value(key, "cycles step") " | " value(key, "stack") " | " value(key, "code"))
        }
    }

    print "\nCycles of a Cortex-M4F for 64-32-10 at `opt-level = 3`, **estimated** (not measured) from the instructions executed and the"
    print "cycles that its Technical Reference Manual gives for each (`examples/firmware/figures/cycles.awk`):\n"
    print "| | `Libm`: `predict` | `step` | `Fast`: `predict` | `step` |"
    print "|---|---|---|---|---|"
    for (b = 1; b <= n; b++) {
        split(build[b], part, " ")
        if (build[b] !~ /^m4f.* o3$/) continue
        cells = ""
        for (m = 1; m <= 2; m++) {
            key = build[b] " W2 " backends[m]
            cells = cells (m > 1 ? " | " : "") value(key, "cycles forward") " | " value(key, "cycles step")
        }
        row(name[part[1]], cells)
    }
}
