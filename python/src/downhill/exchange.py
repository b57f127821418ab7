"""The exchange file: writes it from a framework's model, and reads it back."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

import numpy as np

from .errors import ExchangeError, Unsupported
from .models import describe
from .network import DTYPES, check_finite

VERSION = "1"


@dataclass
class Export:
    """What was written."""

    path: Path
    dtype: str
    # The type in Rust, in one line, and its fingerprint in 16 hexadecimal digits.
    rust_type: str
    architecture: str
    # What to paste into Rust: the type with its `use`.
    code: str
    tensors: dict = field(repr=False)

    @property
    def parameters(self):
        """The number of weights and biases."""
        return sum(tensor.size for name, tensor in self.tensors.items() if name.endswith((".weight", ".bias")))


class Exchange(dict):
    """The parameters of an exchange file by name."""

    def __init__(self, tensors, metadata):
        super().__init__((name, tensor) for name, tensor in tensors.items() if _is_parameter(name))
        self.rust_type: Optional[str] = metadata.get("network")
        self.architecture: Optional[str] = metadata.get("architecture")
        # (mean, scale), and (inputs, outputs): None where the file has none.
        self.standardizer = _pair(tensors, "standardizer.mean", "standardizer.scale")
        self.references = _pair(tensors, "reference.inputs", "reference.outputs")


def export(model, path, samples=None, *, references=16, dtype="f32"):
    """Writes a model of scikit-learn, PyTorch or Keras to the exchange file `path`, and prints its type in Rust.

    The first `references` rows of `samples`, inputs as the model takes them, are stored with the model's outputs, so that
    a test in Rust can compare. `dtype` is the number type of the network in Rust, "f32" or "f64". Returns an `Export`.
    Raises `Unsupported` where the crate has not what the model has; no file is written then.
    """
    if dtype not in DTYPES:
        raise ValueError(f'dtype is "f32" or "f64", not {dtype!r}')
    described = describe(model)
    network, number = described.network, DTYPES[dtype]
    tensors = dict(network.tensors())
    if described.standardizer is not None:
        tensors["standardizer.mean"], tensors["standardizer.scale"] = described.standardizer
    check_finite(tensors)
    if samples is not None and references > 0:
        tensors["reference.inputs"], tensors["reference.outputs"] = _references(described, samples, references, number)
    with np.errstate(over="ignore"):
        tensors = {name: np.ascontiguousarray(tensor, number) for name, tensor in tensors.items()}
    for name, tensor in tensors.items():
        if not np.all(np.isfinite(tensor)):
            raise Unsupported(f"{name} has a number that is too large for {dtype}")
    if np.any(tensors.get("standardizer.scale", 1) == 0):
        raise Unsupported(f"standardizer.scale has a number that is 0 in {dtype}")
    rust_type, architecture, code = network.rust_type(dtype), network.fingerprint(dtype), network.code(dtype)
    metadata = {"downhill": VERSION, "network": rust_type, "architecture": architecture}
    path = Path(os.fspath(path))
    path.write_bytes(serialize(tensors, metadata))
    print(code)
    return Export(path, dtype, rust_type, architecture, code, tensors)


def read(path):
    """Reads an exchange file: the parameters by name, with `.standardizer` and `.references`."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(os.fspath(path), framework="np") as file:
            metadata = file.metadata() or {}
            version = metadata.get("downhill")
            if version is None:
                raise ExchangeError(f"{path}: the metadata has no `downhill`, so these are not the crate's conventions")
            if version != VERSION:
                raise ExchangeError(f"{path}: version {version} of the conventions, where {VERSION} is known")
            types = {name: file.get_slice(name).get_dtype() for name in file.keys()}
            for name, kind in types.items():
                if kind not in ("F32", "F64") or kind != next(iter(types.values())):
                    raise ExchangeError(f"{path}: {name} is {kind}; all tensors must be F32, or all F64")
            return Exchange({name: file.get_tensor(name) for name in types}, metadata)
    except SafetensorError as error:
        raise ExchangeError(f"{path}: not a safetensors file: {error}") from None


def serialize(tensors, metadata):
    """The bytes of a safetensors file: the same for the same arguments, which those of the safetensors package are not."""
    header, offset = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        kind = {"f4": "F32", "f8": "F64", "i1": "I8", "i4": "I32"}[tensor.dtype.str[1:]]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [offset, offset + tensor.nbytes]}
        offset += tensor.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    # The numbers begin at a multiple of 8 bytes.
    text += b" " * (-len(text) % 8)
    data = b"".join(tensor.astype(tensor.dtype.newbyteorder("<")).tobytes() for tensor in tensors.values())
    return len(text).to_bytes(8, "little") + text + data


def _references(described, samples, references, number):
    """The samples as the network in Rust sees them, rounded, and what the model answers to these."""
    network = described.network
    samples = samples[:references]
    if hasattr(samples, "detach"):
        samples = samples.detach().cpu()
    x = np.asarray(samples, np.float64)
    if x.ndim != 2 or x.shape[1] != network.inputs or not len(x):
        raise ValueError(f"samples have shape {x.shape}, where the network takes (samples, {network.inputs})")
    check_finite({"reference.inputs": x})
    x = x.astype(number).astype(np.float64)
    y = np.asarray(described.answer(x), np.float64)
    check_finite({"reference.outputs": y})
    mean, scale = described.standardizer or (0.0, 1.0)
    expected = network.predict((x - mean) / scale)
    if y.shape != expected.shape or np.max(np.abs(y - expected)) > 1e-3 * max(1.0, np.max(np.abs(expected))):
        raise Unsupported("the model answers with other numbers than its layers would: does it have hooks?")
    return x, y


def _is_parameter(name):
    return not name.startswith(("standardizer.", "reference."))


def _pair(tensors, first, second):
    return (tensors[first], tensors[second]) if first in tensors and second in tensors else None
