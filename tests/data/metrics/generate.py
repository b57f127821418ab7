#!/usr/bin/env python3
"""Writes `reference.txt` next to it: `python3 generate.py` with scikit-learn 1.9.1 and numpy 2.4.6.

Rows `sample KIND: TARGETS; OUTPUTS` are four streams, `classes`, `binary`, `labels` and `regression`, in order; numbers are
exact in float32. Rows `value KIND METRIC OVER AT: VALUE` are scikit-learn's metrics of the first AT samples: of `all`, of the
`last` 40, or `faded`, where a sample weighs 0.9 times as much as the next one. `nan` where scikit-learn has no value.
"""

import warnings
from pathlib import Path

import numpy
from sklearn import metrics

warnings.simplefilter("ignore")
SAMPLES, WINDOW, FACTOR = 150, 40, 0.9
POSITIONS = [1, 2, 3, 10, 40, 41, 75, 100, 150]
LINES = []
random = numpy.random.default_rng(3)


def f1(**arguments):
    def value(target, predicted, weight):
        return metrics.f1_score(target, predicted, sample_weight=weight, zero_division=numpy.nan, **arguments)
    return value


def write(kind, target, outputs, measures):
    for t, y in zip(target, outputs):
        LINES.append(f"sample {kind}: {' '.join(map(repr, t.tolist()))}; {' '.join(map(repr, y.tolist()))}\n")
    for name, (measure, *data) in measures.items():
        for at in POSITIONS:
            age = numpy.arange(at)[::-1]
            for over, first, weight in [
                ("all", 0, numpy.ones(at)), ("last", max(0, at - WINDOW), numpy.ones(at)), ("faded", 0, FACTOR**age),
            ]:
                value = measure(*(part[first:at] for part in data), weight[first:])
                LINES.append(f"value {kind} {name} {over} {at}: {float(value)!r}\n")


def classes():
    """Five classes: 3 neither occurs nor is predicted, 4 is predicted alone, and 1 ends after half of the samples."""
    actual = random.choice([0, 0, 0, 1, 2], SAMPLES)
    actual[:3] = 0
    actual[SAMPLES // 2:][actual[SAMPLES // 2:] == 1] = 2
    scores = random.normal(0, 1, (SAMPLES, 5)) + [0.5, 0, 0, -40, -0.5]
    scores[numpy.arange(SAMPLES), actual] += 1.5
    scores[0, 0] = 30
    p = numpy.exp(scores) / numpy.exp(scores).sum(axis=1, keepdims=True)
    # Certain, right and wrong: both are clipped.
    p[20] = numpy.eye(5)[actual[20]]
    p[30] = numpy.eye(5)[(actual[30] + 1) % 3]
    p = p.astype(numpy.float32)
    predicted = p.argmax(axis=1)
    double = p.astype(numpy.float64)

    def log_loss(actual, p, weight):
        return metrics.log_loss(actual, p, labels=range(5), sample_weight=weight)

    write("classes", numpy.eye(5)[actual], double, {
        "accuracy": (lambda t, y, weight: metrics.accuracy_score(t, y, sample_weight=weight), actual, predicted),
        "macro_f1": (f1(average="macro"), actual, predicted),
        "kappa": (lambda t, y, weight: metrics.cohen_kappa_score(t, y, sample_weight=weight), actual, predicted),
        "log_loss": (log_loss, actual, double),
        "log_loss_single": (log_loss, actual, p),
    })


def binary():
    actual = (random.random((SAMPLES, 1)) < 0.3) * 1.0
    p = (1 / (1 + numpy.exp(-(3 * actual - 1.5 + random.normal(0, 2, actual.shape))))).astype(numpy.float32)
    p[5], p[6] = 0, 1
    t, double = actual[:, 0].astype(int), p.astype(numpy.float64)
    predicted = (p[:, 0] > 0.5).astype(int)
    write("binary", actual, double, {
        "accuracy": (lambda t, y, weight: metrics.accuracy_score(t, y, sample_weight=weight), t, predicted),
        "binary_f1": (f1(average="binary"), t, predicted),
        "macro_f1": (f1(average="macro"), t, predicted),
        "kappa": (lambda t, y, weight: metrics.cohen_kappa_score(t, y, sample_weight=weight), t, predicted),
        "log_loss": (lambda t, p, weight: metrics.log_loss(t, p, labels=[0, 1], sample_weight=weight), t, double),
    })


def labels():
    """Six labels: the last neither occurs nor is predicted."""
    actual = (random.random((SAMPLES, 6)) < [0.5, 0.2, 0.1, 0.02, 0.3, 0]) * 1.0
    outputs = (0.3 * random.random((SAMPLES, 6)) + 0.6 * (actual != (random.random((SAMPLES, 6)) < 0.15))).astype(numpy.float32)
    outputs[:, 5] = 0.125
    predicted = outputs > 0.5
    write("labels", actual, outputs.astype(numpy.float64), {
        "subset": (lambda t, y, weight: metrics.accuracy_score(t, y, sample_weight=weight), actual, predicted),
        "hamming": (lambda t, y, weight: 1 - metrics.hamming_loss(t, y, sample_weight=weight), actual, predicted),
        "macro_f1": (f1(average="macro"), actual, predicted),
        "micro_f1": (f1(average="micro"), actual, predicted),
    })


def regression():
    target = (random.normal(0, [1, 5], (SAMPLES, 2)) + [10, -3]).astype(numpy.float32)
    outputs = (target + random.normal(0.2, [0.5, 2], (SAMPLES, 2))).astype(numpy.float32)
    target, outputs = target.astype(numpy.float64), outputs.astype(numpy.float64)

    def of(measure):
        return lambda t, y, weight: measure(t, y, sample_weight=weight)

    write("regression", target, outputs, {
        "mae": (of(metrics.mean_absolute_error), target, outputs),
        "mse": (of(metrics.mean_squared_error), target, outputs),
        "rmse": (lambda t, y, weight: metrics.mean_squared_error(t, y, sample_weight=weight) ** 0.5, target, outputs),
        "r2": (of(metrics.r2_score), target, outputs),
    })


for stream in [classes, binary, labels, regression]:
    stream()
Path(__file__).with_name("reference.txt").write_text("".join(LINES))
