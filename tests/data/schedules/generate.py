#!/usr/bin/env python3
"""Writes `reference.txt` next to it: `python3 generate.py` with torch 2.15.0.

Each row is a schedule, its parameters (exact in float32) and, after a colon, the rates of its epochs in float64. The rates of
`plateau` follow the losses of the row `losses`, of which the first comes before epoch 1.
"""

from pathlib import Path

import torch
from torch.optim.lr_scheduler import (
    ConstantLR, CosineAnnealingLR, ExponentialLR, LinearLR, ReduceLROnPlateau, SequentialLR, StepLR,
)

EPOCHS = 60
LINES = []


def optimizer(rate):
    return torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=rate)


def write(name, parameters, numbers):
    row = " ".join(repr(float(number)) for number in numbers)
    LINES.append(" ".join([name, *(repr(float(parameter)) for parameter in parameters)]) + f": {row}\n")


def rates(descent, scheduler, epochs, losses=None):
    for epoch in range(epochs):
        yield descent.param_groups[0]["lr"]
        descent.step()
        if losses is None:
            scheduler.step()
        else:
            scheduler.step(losses[epoch])


def schedule(name, parameters, make, epochs=EPOCHS, losses=None):
    descent = optimizer(parameters[0])
    write(name, parameters, list(rates(descent, make(descent), epochs, losses)))


def cosine(rate, lowest, warmup, epochs):
    def make(descent):
        fall = CosineAnnealingLR(descent, T_max=epochs - warmup, eta_min=lowest)
        if warmup == 0:
            return fall
        rise = LinearLR(descent, start_factor=1 / (warmup + 1), end_factor=1.0, total_iters=warmup)
        return SequentialLR(descent, [rise, fall], milestones=[warmup])

    schedule("cosine", [rate, lowest, warmup, epochs], make, epochs + 1)


def main():
    schedule("constant", [0.3125], lambda descent: ConstantLR(descent, factor=1.0))
    for rate, period, factor in [(0.5, 10, 0.125), (0.75, 1, 0.9375), (2.0, 7, 0.6875)]:
        schedule("step", [rate, period, factor], lambda d: StepLR(d, step_size=period, gamma=factor))
    for rate, factor in [(0.5, 0.90625), (0.0625, 0.984375), (1.0, 1.03125)]:
        schedule("exponential", [rate, factor], lambda d: ExponentialLR(d, gamma=factor))
    cosine(0.5, 0.0, 0, 60)
    cosine(0.25, 0.015625, 0, 17)
    cosine(0.75, 0.0, 5, 50)
    cosine(0.5, 0.03125, 1, 40)
    cosine(1.0, 0.0078125, 12, 30)
    # Falls, stays, creeps by less and by more than the threshold, rises, falls again.
    losses = [1.0, 0.75, 0.5, 0.5, 0.5, 0.625, 0.5, 0.5, 0.25]
    losses += [0.25 * (1 - 2.0 ** -15 * step) for step in range(1, 13)]
    losses += [0.1875 * (1 - 2.0 ** -12 * step) for step in range(12)]
    losses += [0.25 + 2.0 ** -5 * step for step in range(20)] + [0.125, 0.0625] * 4
    write("losses", [], losses)
    for rate, factor, patience, lowest in [
        (0.5, 0.5, 2, 0.0), (0.5, 0.5, 0, 0.0), (0.75, 0.125, 5, 0.0), (1.0, 0.25, 1, 0.015625),
    ]:
        schedule(
            "plateau", [rate, factor, patience, lowest],
            lambda d: ReduceLROnPlateau(d, factor=factor, patience=patience, min_lr=lowest, eps=0.0),
            len(losses), losses,
        )
    (Path(__file__).parent / "reference.txt").write_text("".join(LINES))


main()
