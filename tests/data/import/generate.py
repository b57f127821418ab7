#!/usr/bin/env python3
"""Writes the files of this folder: networks as docs/checkpoint.md describes them, and what is wrong in all but some of them.

Needs Python alone. The reference outputs are computed here, in double precision.
"""

import json
import math
import random
import struct
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORD = (1 << 64) - 1
PACK = {"F16": "e", "F32": "f", "F64": "d"}


def layer_hash(names, sizes):
    text = b"".join(name.encode() + b"\xff" for name in names) + b"".join(struct.pack("<Q", size) for size in sizes)
    value = 0xCBF29CE484222325
    for byte in text:
        value = ((value ^ byte) * 0x100000001B3) & WORD
    return value


def fingerprint(layers):
    value = 0
    for layer in layers:
        value = (value * 0x9E3779B97F4A7C15 + layer) & WORD
    return f"{value:016x}"


def header(tensors, metadata):
    fields, start = {"__metadata__": metadata}, 0
    for name, (number, shape, _) in tensors.items():
        end = start + struct.calcsize(f"<{math.prod(shape)}{PACK[number]}")
        fields[name] = {"dtype": number, "shape": shape, "data_offsets": [start, end]}
        start = end
    text = json.dumps(fields, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)


def write(name, tensors, metadata, text=None):
    text = text or header(tensors, metadata)
    data = b"".join(struct.pack(f"<{len(values)}{PACK[number]}", *values) for number, _, values in tensors.values())
    (HERE / f"{name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


def numbers(draw, count):
    """Multiples of 1/64 are the same in all three number types."""
    return [draw.randint(-100, 100) / 64 for _ in range(count)]


def dense(inputs, weights, biases):
    outputs = len(weights) // len(inputs)
    return [
        biases[o] + sum(x * weights[i * outputs + o] for i, x in enumerate(inputs)) for o in range(outputs)
    ]


def softmax(sums):
    powers = [math.exp(z) for z in sums]
    return [power / sum(powers) for power in powers]


def main():
    draw = random.Random(1)
    tensors = {
        "2.bias": ("F32", [2], numbers(draw, 2)),
        "0.weight": ("F32", [4, 3], numbers(draw, 12)),
        "0.bias": ("F32", [3], numbers(draw, 3)),
        "2.weight": ("F32", [3, 2], numbers(draw, 6)),
        "standardizer.mean": ("F32", [4], numbers(draw, 4)),
        "standardizer.scale": ("F32", [4], [0.5, 1.0, 2.0, 4.0]),
    }
    values = {name: tensor[2] for name, tensor in tensors.items()}
    inputs, outputs = [numbers(draw, 4) for _ in range(5)], []
    for x in inputs:
        x = [(a - mean) / scale for a, mean, scale in zip(x, values["standardizer.mean"], values["standardizer.scale"])]
        hidden = [math.tanh(z) for z in dense(x, values["0.weight"], values["0.bias"])]
        outputs += softmax(dense(hidden, values["2.weight"], values["2.bias"]))
    tensors["reference.inputs"] = ("F32", [5, 4], sum(inputs, []))
    tensors["reference.outputs"] = ("F32", [5, 2], outputs)
    last = layer_hash(["dense", "softmax", "f32"], [3, 2, 2])
    metadata = {
        "downhill": "1",
        "network": "(Dense<4, 3, Tanh>, Dropout<3, Ratio<1, 4>>, Dense<3, 2, Softmax>)",
        "architecture": fingerprint([layer_hash(["dense", "tanh", "f32"], [4, 3, 3]), last]),
    }
    write("right", tensors, metadata)

    # Two groups, no biases in the second; f64.
    layers = [layer_hash(["dense", "relu", "f64"], [2, 3, 3]), layer_hash(["dense", "identity", "f64"], [3, 1, 0])]
    nested = {
        "0.0.weight": ("F64", [2, 3], numbers(draw, 6)),
        "0.0.bias": ("F64", [3], numbers(draw, 3)),
        "1.0.weight": ("F64", [3, 1], [0.1, 0.2, 0.3]),
    }
    name = "((Dense<2, 3, Relu, Biased, f64>, Dropout<3, f64>), (Dense<3, 1, Identity, Unbiased, f64>,))"
    write("nested", nested, {"downhill": "1", "network": name, "architecture": fingerprint(layers)})

    # The network alone, so that the wrong files are small.
    tensors = {name: tensor for name, tensor in tensors.items() if name[0].isdigit()}
    write("missing", {name: tensor for name, tensor in tensors.items() if name != "0.bias"}, metadata)
    write("transposed", tensors | {"0.weight": ("F32", [3, 4], values["0.weight"])}, metadata)
    write("f16", {name: ("F16", *tensor[1:]) for name, tensor in tensors.items()}, metadata)
    write("not_finite", tensors | {"2.weight": ("F32", [3, 2], [0.5, 0.5, math.nan, 0.5, 0.5, 0.5])}, metadata)
    write("another_layer", tensors | {"3.weight": ("F32", [2, 1], [0.5, 0.5])}, metadata)
    write("newer", tensors, metadata | {"downhill": "2"})
    sigmoid = {
        "network": "(Dense<4, 3>, Dense<3, 2, Softmax>)",
        "architecture": fingerprint([layer_hash(["dense", "sigmoid", "f32"], [4, 3, 3]), last]),
    }
    write("another_network", tensors, metadata | sigmoid)
    whole = (HERE / "right.safetensors").read_bytes()
    (HERE / "truncated_header.safetensors").write_bytes(whole[:100])
    (HERE / "truncated.safetensors").write_bytes(whole[:-4])
    text = header(tensors, metadata)
    write("malformed", tensors, metadata, text[:200] + b"!" + text[201:])


main()
