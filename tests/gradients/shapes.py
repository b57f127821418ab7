#!/usr/bin/env python3
"""Writes shapes.rs, the networks that gradients.rs checks: `python3 shapes.py > shapes.rs`.

Shapes are types in Rust, so random ones have to be drawn before the test is compiled.
"""

import random

ACTIVATIONS = ["Identity", "Sigmoid", "Tanh", "Relu", "LeakyRelu", "Softmax"]
LOSSES = ["SquaredError", "BinaryCrossEntropy", "CrossEntropy"]
BIASES = ["Biased", "Unbiased"]

rng = random.Random(20)


def width(activation, choices):
    # A softmax over one output is the constant 1.
    return max(rng.choice(choices), 2 if activation == "Softmax" else 1)


def network(depth, loss, activation, bias, widths, wide=None):
    """A case. `wide` is the width below the last layer, if it is not drawn as well.

    The cross-entropies are defined for positive outputs, which most activations give by chance: few outputs then.
    """
    layers = []
    inputs = rng.choice(widths)
    for below in range(depth - 1, 0, -1):
        hidden = rng.choice(ACTIVATIONS)
        outputs = wide if wide and below == 1 else width(hidden, widths)
        layers.append((inputs, outputs, hidden, rng.choice(BIASES)))
        inputs = outputs
    bounded = loss in ("SquaredError", "Huber") or activation in ("Sigmoid", "Softmax")
    layers.append((inputs, width(activation, widths if bounded else [1, 2, 3]), activation, bias))
    return loss, layers


cases = []
for loss in LOSSES:
    for activation in ACTIVATIONS:
        for bias in BIASES:
            for depth in (1, 2, 2, 3, 3, 4):
                cases.append(network(depth, loss, activation, bias, range(1, 11)))
        # Deltas are sent back in lanes of eight: around the multiples, few inputs to many outputs.
        for wide in rng.sample([7, 8, 9, 15, 16, 17, 33], 2):
            cases.append(network(3, loss, activation, rng.choice(BIASES), range(1, 5), wide))
for depth in (5, 6, 7, 8):
    for loss in LOSSES:
        cases.append(network(depth, loss, rng.choice(["Sigmoid", "Softmax"]), rng.choice(BIASES), range(2, 6)))
for activation in ACTIVATIONS:
    for bias in BIASES:
        for depth in (1, 2, 3):
            cases.append(network(depth, "Huber", activation, bias, range(1, 11)))

print("// Written by shapes.py.")
print("use super::*;")
print()
print("#[rustfmt::skip]")
print("pub const CASES: &[Case] = &[")
for loss, layers in cases:
    print(f"    case!({loss}: {', '.join(' '.join(map(str, layer)) for layer in layers)}),")
print("];")
