"""Networks of integers as the crate has them, and their exchange files."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .exchange import VERSION, Export, serialize
from .network import fingerprint, flat, laid_out, nested, places

CLAMPS = ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]
ROUNDINGS = {"single": "Single", "double": "Double"}


@dataclass
class Values:
    """Which real number an int8 stands for: scale (q - zero_point)."""

    scale: np.float32
    zero_point: int

    def tensors(self, place):
        return {
            f"{place}.scale": np.array([self.scale], np.float32),
            f"{place}.zero_point": np.array([self.zero_point], np.int8),
        }


@dataclass
class Dense:
    """A dense layer: weights as (outputs, inputs), a scale for each output or one, the index of its clamp in `CLAMPS`."""

    weights: np.ndarray
    biases: np.ndarray
    scales: np.ndarray
    clamp: int
    y: Values

    def tensors(self, place):
        return {
            f"{place}.weight": self.weights,
            f"{place}.bias": self.biases,
            f"{place}.scale": self.scales,
            f"{place}.clamp": np.array([self.clamp], np.int8),
            **self.y.tensors(f"{place}.output"),
        }

    def names(self, rounding):
        return ["quantized dense", rounding], [self.weights.shape[1], self.weights.shape[0]]

    def types(self, rounding):
        """The names in Rust: `Dense`, then what is not the default."""
        scales = "PerChannel" if len(self.scales) == len(self.weights) else "PerTensor"
        if rounding != "single":
            return ["Dense", scales, ROUNDINGS[rounding]]
        return ["Dense"] if scales == "PerChannel" else ["Dense", scales]

    def rust(self, rounding):
        outputs, inputs = self.weights.shape
        return f"Dense<{', '.join([str(inputs), str(outputs), *self.types(rounding)[1:]])}>"


@dataclass
class Table:
    """A function of each value: its outputs for -128, -127, ..., 127."""

    width: int
    outputs: np.ndarray
    y: Values

    def tensors(self, place):
        return {f"{place}.table": self.outputs, **self.y.tensors(f"{place}.output")}

    def names(self, rounding):
        return ["quantized table"], [self.width]

    def types(self, rounding):
        return ["Table"]

    def rust(self, rounding):
        return f"Table<{self.width}>"


@dataclass
class Softmax:
    """Its outputs are in steps of 1/256."""

    width: int

    def tensors(self, place):
        return {}

    def names(self, rounding):
        return ["quantized softmax"], [self.width]

    def types(self, rounding):
        return ["Softmax"]

    def rust(self, rounding):
        return f"Softmax<{self.width}>"


def convert_tflite(model, path, *, rounding="single"):
    """Writes an int8 model of TFLite, a file or its bytes, to the exchange file `path`, and prints its type in Rust.

    `rounding` is that of the crate's `Dense`: "single" gives the same bits as the reference kernels of TFLite's runtime,
    "double" those of CMSIS-NN and TFLite for microcontrollers. Returns an `Export`. Raises `Unsupported` where the crate has
    not what the model has, with the operator's name; no file is written then.
    """
    if rounding not in ROUNDINGS:
        raise ValueError(f'rounding is "single" or "double", not {rounding!r}')
    # The package that reads these files is optional.
    from ._tflite import describe

    data = bytes(model) if isinstance(model, (bytes, bytearray, memoryview)) else Path(os.fspath(model)).read_bytes()
    x, layers = describe(data)
    group = nested(layers)
    tensors = x.tensors("input")
    for place, layer in places(group):
        tensors.update(layer.tensors(place))
    # Numbers of four bytes lie at multiples of four.
    tensors = dict(sorted(tensors.items(), key=lambda item: -item[1].itemsize))
    rust_type = f"Network<{flat(group, rounding)}>"
    architecture = fingerprint(layer.names(rounding) for layer in layers)
    names = sorted({name for layer in layers for name in layer.types(rounding)})
    code = (
        f"use downhill::quantized::{{self, {', '.join(names)}}};\n\n"
        f"type Network = quantized::Network<{laid_out(group, rounding)}>;"
    )
    path = Path(os.fspath(path))
    path.write_bytes(serialize(tensors, {"downhill": VERSION, "network": rust_type, "architecture": architecture}))
    print(code)
    return Export(path, "i8", rust_type, architecture, code, tensors)
