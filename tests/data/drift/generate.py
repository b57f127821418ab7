"""Alarms of river's drift detectors on streams that tests/drift.rs makes anew: `python generate.py`, with river 0.26.1.

A line is a stream: its kind and seed, then for each detector its name and the positions of its alarms, counted from 0;
behind `ddm` there is also the number of samples with a warning. `mine` are detectors with other settings.

Streams are integers, divided by powers of two so that every value is exact in 32 bits.
"""

from pathlib import Path

from river.drift import ADWIN, PageHinkley
from river.drift.binary import DDM

DRIFT = 5_000
LENGTH = 10_000


def numbers(state):
    """The crate's `Generator`."""
    while True:
        state = (state + 0x9E3779B9) & 0xFFFFFFFF
        z = state
        z = ((z ^ (z >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
        z = ((z ^ (z >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
        yield z ^ (z >> 16)


def bits(seed, length, before, after):
    """Errors of 0 and 1, with a probability in thousandths."""
    for i, number in zip(range(length), numbers(seed)):
        yield int(number * 1000 < (before if i < DRIFT else after) << 32)


BITS = {
    "rise-100-300": (40, LENGTH, 100, 300),
    "rise-100-200": (40, LENGTH, 100, 200),
    "rise-50-100": (40, LENGTH, 50, 100),
    "rise-200-500": (40, LENGTH, 200, 500),
    "still-100": (20, 100_000, 100, 100),
    "still-300": (20, 100_000, 300, 300),
}


def uniform(number, factor):
    return (factor * (number >> 22)) ** 2 / 2**20


def bell(number, factor):
    """The square of the sum of four bytes around 0."""
    return (factor * (sum(number.to_bytes(4, "little")) - 510)) ** 2 / 2**18


def tail(number, factor):
    return factor * (number >> 26) ** 4 / 2**20


def offset(number, factor):
    return 100 + factor / 4 + (number >> 22) / 2**10


def negative(number, factor):
    return -100 + factor / 4 + (number >> 22) / 2**10


def spread(number, factor):
    """The spread changes, the mean does not."""
    return 0.5 + factor * (2 * (number >> 22) - 1023) / 2**13


LOSSES = {
    "uniform": (15, LENGTH, uniform, 2, 3),
    "bell": (15, LENGTH, bell, 2, 3),
    "falling": (15, LENGTH, bell, 3, 2),
    "tail": (15, LENGTH, tail, 1, 2),
    "offset": (15, LENGTH, offset, 0, 1),
    "negative": (15, LENGTH, negative, 0, 1),
    "spread": (15, LENGTH, spread, 4, 1),
    "still": (15, 50_000, bell, 2, 2),
}


def losses(seed, length, value, before, after):
    for i, number in zip(range(length), numbers(seed)):
        yield value(number, before if i < DRIFT else after)


def alarms(detector, stream):
    positions, warnings = [], 0
    for i, x in enumerate(stream):
        detector.update(x)
        if detector.drift_detected:
            positions.append(i)
        warnings += getattr(detector, "warning_detected", False)
    return positions, warnings


def line(kind, seed, stream, detectors):
    stream = list(stream)
    words = [kind, seed]
    for name, detector in detectors.items():
        positions, warnings = alarms(detector, stream)
        words += [name, *positions]
        if "ddm" in name:
            words += ["warnings", warnings]
    return " ".join(map(str, words)) + "\n"


def main():
    text = ""
    for kind, (count, *settings) in BITS.items():
        for seed in range(count):
            seed += 100 * list(BITS).index(kind)
            detectors = {"page_hinkley": PageHinkley(), "ddm": DDM(), "adwin": ADWIN()}
            if kind == "rise-100-300":
                detectors["page_hinkley_mine"] = PageHinkley(100, 0.02, 10.0, 0.999)
                detectors["ddm_mine"] = DDM(100, 1.5, 2.5)
                detectors["adwin_mine"] = ADWIN(0.1, 1, 5, 20, 100)
            text += line(kind, seed, bits(seed, *settings), detectors)
    for kind, (count, *settings) in LOSSES.items():
        for seed in range(count):
            seed += 1000 + 100 * list(LOSSES).index(kind)
            detectors = {"page_hinkley": PageHinkley(), "adwin": ADWIN()}
            if kind == "bell":
                detectors["adwin_mine"] = ADWIN(0.1, 1, 5, 20, 100)
            text += line(kind, seed, losses(seed, *settings), detectors)
    Path(__file__).with_name("river.txt").write_text(text)


main()
