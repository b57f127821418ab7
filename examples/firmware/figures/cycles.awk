# Estimates the cycles of a Cortex-M4F: reads a disassembly (objdump), then a log of every instruction executed (QEMU), and
# prints the sums for the functions `predict` and `step` as "forward N step N".
#
# Cycles per instruction are those of the Cortex-M4 Technical Reference Manual (r0p1, tables 3-1 and 7-1) where memory does not
# wait. Loads and stores that follow each other may overlap, and a branch refills the pipeline in 1 to 3 cycles, so that
# the chip may differ by some per cent either way.

function cost(mnemonic, operands) {
    if (mnemonic ~ /^(vldm|vstm|vpush|vpop|ldm|stm|push|pop)/) return 1 + registers(operands)
    if (mnemonic ~ /^(vldr|vstr)/) return operands ~ /^d/ ? 3 : 2
    if (mnemonic ~ /^(ldrd|strd)/) return 3
    if (mnemonic ~ /^(ldr|str)/) return 2
    if (mnemonic ~ /^(vmla|vmls|vnmla|vnmls|vfma|vfms|vfnma|vfnms)/) return 3
    if (mnemonic ~ /^(vdiv|vsqrt)/) return 14
    if (mnemonic ~ /^vmov/ && operands ~ /,.*,/) return 2
    if (mnemonic ~ /^(mla|mls)/) return 2
    if (mnemonic ~ /^(sdiv|udiv)/) return 12
    return 1
}

# How many words a list such as {r4-r7, lr} or {d8-d9} has.
function registers(operands,    list, i, n, ends, words) {
    gsub(/.*\{|\}.*/, "", operands)
    n = split(operands, list, /, */)
    for (i = 1; i <= n; i++) {
        words += list[i] ~ /^d/ ? 2 : 1
        if (split(list[i], ends, "-") == 2)
            words += (substr(ends[2], 2) - substr(ends[1], 2)) * (list[i] ~ /^d/ ? 2 : 1)
    }
    return words
}

FNR == 1 { file++ }

file == 1 && /^[0-9a-f]+ <.*>:$/ {
    if ($2 ~ /learner.*predict/) entry[$1] = "forward"
    if ($2 ~ /learner.*step/) entry[$1] = "step"
}

file == 1 && /^ *[0-9a-f]+:\t/ {
    split($0, column, "\t")
    gsub(/[ :]/, "", column[1])
    address = sprintf("%8s", column[1])
    gsub(/ /, "0", address)
    following[previous] = address
    previous = address
    cycles[address] = cost(column[2], column[3])
}

file == 2 {
    split($4, field, "/")
    address = field[2]
    # The refill after a branch that was taken.
    if (inside) sum[inside] += cycles[last] + (address == following[last] ? 0 : 2)
    if (address == home) inside = ""
    if (address in entry) {
        inside = entry[address]
        home = following[last]
    }
    if (!(address in cycles)) unknown = address
    last = address
}

END {
    if (unknown || !sum["forward"] || !sum["step"]) {
        print "the log does not fit the code " unknown >"/dev/stderr"
        exit 1
    }
    print "forward " sum["forward"] " step " sum["step"]
}
