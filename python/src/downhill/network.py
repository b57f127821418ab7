"""A network as the crate has it: its layers, their places in tuples, its type in Rust, and its fingerprint."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Optional, Union

import numpy as np

from .errors import Unsupported

DTYPES = {"f32": np.float32, "f64": np.float64}

# The slope of the crate's `LeakyRelu`.
SLOPE = 0.01

# The largest number of layers in a tuple of the crate.
GROUP = 8

# The types of the crate, and their names in fingerprints.
ACTIVATIONS = {
    "Identity": "identity",
    "LeakyRelu": "leaky relu",
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "Tanh": "tanh",
}


@dataclass
class Dense:
    """A dense layer. `source` is the layer of the model that it was read from."""

    where: str
    weights: np.ndarray
    biases: Optional[np.ndarray]
    source: Any = None
    activation: str = "Identity"

    @property
    def inputs(self):
        return self.weights.shape[0]

    @property
    def outputs(self):
        return self.weights.shape[1]

    def rust(self, dtype):
        bias = "Biased" if self.biases is not None else "Unbiased"
        rest = [] if (bias, dtype) == ("Biased", "f32") else [bias] if dtype == "f32" else [bias, dtype]
        return f"Dense<{', '.join([str(self.inputs), str(self.outputs), self.activation, *rest])}>"

    def types(self, dtype):
        bias = "Biased" if self.biases is not None else "Unbiased"
        return {"Dense", self.activation} | ({bias} if bias in self.rust(dtype) else set())


@dataclass
class Dropout:
    """A dropout layer, as wide as the layer before, or as the first layer's inputs."""

    where: str
    rate: float
    width: int = 0

    def ratio(self, dtype):
        """The rate as a fraction that rounds to it, if its denominator is small."""
        ratio = Fraction(self.rate).limit_denominator(1000)
        number = DTYPES[dtype]
        return ratio if ratio < 1 and number(float(ratio)) == number(self.rate) else None

    def rust(self, dtype):
        ratio = self.ratio(dtype)
        if ratio is None:
            return f"Dropout<{self.width}>" if dtype == "f32" else f"Dropout<{self.width}, {dtype}>"
        number = "" if dtype == "f32" else f", {dtype}"
        return f"Dropout<{self.width}, Ratio<{ratio.numerator}, {ratio.denominator}{number}>>"

    def types(self, dtype):
        return {"Dropout"} if self.ratio(dtype) is None else {"Dropout", "Ratio"}


class Network:
    """Layers in order. They are added as a model has them; `finish` checks that they are a network."""

    def __init__(self, supported):
        self.layers: list[Union[Dense, Dropout]] = []
        self._supported = supported
        self._open = None  # the dense layer that has no activation yet

    def unsupported(self, where, reason):
        return Unsupported(f"{where}: {reason}. Supported: {self._supported}")

    def dense(self, where, weights, biases, source):
        """Adds a dense layer; `weights` are (inputs, outputs)."""
        if 0 in weights.shape:
            raise self.unsupported(where, f"a layer of {weights.shape[0]} inputs and {weights.shape[1]} outputs")
        self._open = Dense(where, weights, biases, source)
        self.layers.append(self._open)

    def activation(self, where, name):
        """The activation of the dense layer before."""
        if name == "Identity":
            return
        if self._open is None:
            raise self.unsupported(where, "an activation must follow a dense layer directly, one for each")
        if name == "Softmax" and self._open.outputs < 2:
            raise self.unsupported(where, "softmax of one output is always 1; use a sigmoid, or two outputs")
        self._open.activation = name
        self._open = None

    def dropout(self, where, rate):
        if not 0 <= rate < 1:
            raise self.unsupported(where, f"a rate of {rate}, where it must be from 0 to below 1")
        self._open = None
        self.layers.append(Dropout(where, float(rate)))

    def finish(self, where):
        """Checks that widths join."""
        dense = [layer for layer in self.layers if isinstance(layer, Dense)]
        if not dense:
            raise self.unsupported(where, "a network without a dense layer")
        width = dense[0].inputs
        for layer in self.layers:
            if isinstance(layer, Dropout):
                layer.width = width
                continue
            if layer.inputs != width:
                raise self.unsupported(layer.where, f"it takes {layer.inputs} inputs, but {width} come in")
            width = layer.outputs

    @property
    def inputs(self):
        return next(layer.inputs for layer in self.layers if isinstance(layer, Dense))

    @property
    def outputs(self):
        return [layer.outputs for layer in self.layers if isinstance(layer, Dense)][-1]

    def places(self):
        """Each layer with its place, "2" or "1.0"."""
        return places(self._nested())

    def tensors(self):
        """The parameters by name."""
        found = {}
        for place, layer in self.places():
            if isinstance(layer, Dense):
                found[f"{place}.weight"] = layer.weights
                if layer.biases is not None:
                    found[f"{place}.bias"] = layer.biases
        return found

    def rust_type(self, dtype):
        """The type in Rust, in one line."""
        return flat(self._nested(), dtype)

    def code(self, dtype):
        """What to paste into a program in Rust."""
        names = sorted(set().union(*(layer.types(dtype) for layer in self.layers)))
        lines = [f"use downhill::{names[0]};" if len(names) == 1 else f"use downhill::{{{', '.join(names)}}};", ""]
        lines.append(f"type Network = {laid_out(self._nested(), dtype)};")
        for place, layer in self.places():
            if isinstance(layer, Dropout) and layer.ratio(dtype) is None:
                lines.append(f"// Set at run time: trainer.network.{place}.rate = {layer.rate};")
        return "\n".join(lines)

    def fingerprint(self, dtype):
        """The crate's `Infer::ARCHITECTURE`, in 16 hexadecimal digits."""
        return fingerprint(
            (
                ["dense", ACTIVATIONS[layer.activation], dtype],
                [layer.inputs, layer.outputs, 0 if layer.biases is None else layer.outputs],
            )
            for layer in self.layers
            if isinstance(layer, Dense)
        )

    def predict(self, x):
        """The outputs in f64."""
        for layer in self.layers:
            if isinstance(layer, Dense):
                z = x @ np.asarray(layer.weights, np.float64)
                x = _activate(layer.activation, z if layer.biases is None else z + layer.biases)
        return x

    def _nested(self):
        return nested(self.layers)


def check_finite(tensors):
    for name, tensor in tensors.items():
        if not np.all(np.isfinite(tensor)):
            place = tuple(int(index) for index in np.argwhere(~np.isfinite(np.asarray(tensor)))[0])
            raise Unsupported(f"{name} has {np.asarray(tensor)[place]} at {list(place)}; all numbers must be finite")


_BASE = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def nested(layers):
    """The layers in lists of at most eight, which are in lists of at most eight, and so on."""
    group = list(layers)
    while len(group) > GROUP:
        group = [group[start : start + GROUP] for start in range(0, len(group), GROUP)]
    return group


def places(group):
    """Each layer of nested lists with its place, "2" or "1.0"."""
    return [(".".join(map(str, place)), layer) for place, layer in _places(group)]


def fingerprint(layers):
    """The hash of layers, each (names, sizes), in 16 hexadecimal digits."""
    total = 0
    for names, sizes in layers:
        total = (total * _BASE + _hash(names, sizes)) & _MASK
    return f"{total:016x}"


def _hash(names, sizes):
    """FNV-1a with 64 bits."""
    data = b"".join(name.encode() + b"\xff" for name in names) + b"".join(size.to_bytes(8, "little") for size in sizes)
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & _MASK
    return value


def _places(group, place=()):
    for index, part in enumerate(group):
        if isinstance(part, list):
            yield from _places(part, (*place, index))
        else:
            yield (*place, index), part


def flat(part, dtype):
    """The type of nested lists of layers in Rust, in one line."""
    if not isinstance(part, list):
        return part.rust(dtype)
    inner = ", ".join(flat(item, dtype) for item in part)
    return f"({inner},)" if len(part) == 1 else f"({inner})"


def laid_out(part, dtype, indent=""):
    """`flat`, as rustfmt has it: a tuple of more than 60 characters has one line for each item."""
    line = flat(part, dtype)
    if not isinstance(part, list) or len(line) - len("()") <= 60:
        return line
    lines = "".join(f"{indent}    {laid_out(item, dtype, indent + '    ')},\n" for item in part)
    return f"(\n{lines}{indent})"


def _activate(name, z):
    if name == "Relu":
        return np.maximum(z, 0)
    if name == "LeakyRelu":
        return np.where(z < 0, SLOPE * z, z)
    if name == "Tanh":
        return np.tanh(z)
    if name == "Sigmoid":
        # As tanh, so that nothing overflows.
        return 0.5 + 0.5 * np.tanh(0.5 * z)
    if name == "Softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    return z
