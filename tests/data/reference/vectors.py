"""What the scripts next to it share: random numbers, activations, losses, and how a file is written."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

FOLDER = Path(__file__).parent

torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(2)


def uniform(low, high, *shape):
    return rng.uniform(low, high, shape).astype(np.float32).astype(np.float64)


def write(name, **rows):
    lines = []
    for key, row in rows.items():
        for number, values in enumerate(row if isinstance(row, list) else [row]):
            label = f"{key} {number}" if isinstance(row, list) else key
            numbers = " ".join(repr(float(v)) for v in np.ravel(values))
            lines.append(f"{label}: {numbers}\n")
    (FOLDER / f"{name}.txt").write_text("".join(lines))


def flat(tensors):
    return np.concatenate([np.ravel(t) for t in tensors])


ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky": lambda z: F.leaky_relu(z, 0.01),
    "softmax": lambda z: F.softmax(z, dim=0),
}


def layers_of(inputs, layers):
    """Random parameters, and what is done with them. `layers` are tuples of outputs, activation and whether there are
    biases."""
    parameters, functions, width = [], [], inputs
    for outputs, activation, biased in layers:
        parameters.append(uniform(-1, 1, width, outputs))
        if biased:
            parameters.append(uniform(-0.5, 0.5, outputs))
        functions.append((ACTIVATIONS[activation], biased))
        width = outputs
    return parameters, functions


def outputs_of(parameters, functions, x):
    remaining, y = iter(parameters), x
    for function, biased in functions:
        z = y @ next(remaining)
        if biased:
            z = z + next(remaining)
        y = function(z)
    return y


def squared(y, t):
    return 0.5 * ((t - y) ** 2).sum()


def binary(y, t):
    return F.binary_cross_entropy(y, t, reduction="sum")


def cross(y, t):
    return -(t * torch.log(y)).sum()


def huber(delta):
    return lambda y, t: F.huber_loss(y, t, reduction="sum", delta=delta)


def signed(count):
    return uniform(-1, 1, count)


def outliers(count):
    return uniform(-3, 3, count)


def probabilities(count):
    return uniform(0, 1, count)


def distribution(count):
    p = uniform(0.05, 1, count)
    return (p / p.sum()).astype(np.float32).astype(np.float64)
