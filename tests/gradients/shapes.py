#!/usr/bin/env python3
"""Writes shapes.rs, the networks that gradients.rs checks: `python3 shapes.py > shapes.rs`.

Shapes are types in Rust, so random ones have to be drawn before the test is compiled.
"""

import random

ACTIVATIONS = ["Identity", "Sigmoid", "Tanh", "Relu", "LeakyRelu", "Softmax"]
BIASES = ["Biased", "Unbiased"]

# The activations of the last layer that each loss is checked with. A pair that does not compile leaves this table, and
# that of the test `every_combination_is_listed`; the number of networks stays.
PAIRS = {
    "SquaredError": ACTIVATIONS,
    "BinaryCrossEntropy": ACTIVATIONS,
    "CrossEntropy": ACTIVATIONS,
    "Huber": ACTIVATIONS,
}
NETWORKS = 204

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


pairs = [(loss, activation, bias) for loss in PAIRS for activation in PAIRS[loss] for bias in BIASES]
cases = []
for pair in pairs:
    for depth in (1, 2, 3):
        cases.append(network(depth, *pair, range(1, 11)))
# Deltas are sent back in lanes of eight: around the multiples, few inputs to many outputs.
for wide in (7, 8, 9, 15, 16, 17, 33):
    for _ in range(3):
        cases.append(network(3, *rng.choice(pairs), range(1, 5), wide))
for depth in (5, 6, 7, 8):
    for loss in PAIRS:
        activation = rng.choice([a for a in PAIRS[loss] if a in ("Sigmoid", "Softmax")])
        cases.append(network(depth, loss, activation, rng.choice(BIASES), range(2, 6)))
while len(cases) < NETWORKS:
    cases.append(network(rng.choice([2, 2, 3, 4]), *rng.choice(pairs), range(1, 11)))

print("// Written by shapes.py.")
print("use super::*;")
print()
print("#[rustfmt::skip]")
print("pub const CASES: &[Case] = &[")
for loss, layers in cases:
    print(f"    case!({loss}: {', '.join(' '.join(map(str, layer)) for layer in layers)}),")
print("];")
