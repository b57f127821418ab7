"""What several files of tests need. None of it uses the package."""

import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[2] / "tests" / "data"


def contents(path):
    """The tensors and the metadata of a safetensors file, read without the package of that name."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        kind = {"F32": "<f4", "F64": "<f8"}[entry["dtype"]]
        tensors[name] = np.frombuffer(data[start:end], kind).reshape(entry["shape"])
    return tensors, metadata


ACTIVATIONS = {
    "Identity": lambda z: z,
    "Relu": lambda z: np.maximum(z, 0),
    "LeakyRelu": lambda z: np.where(z > 0, z, z / 100),
    "Tanh": np.tanh,
    "Sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "Softmax": lambda z: np.exp(z - z.max(1, keepdims=True)) / np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True),
}


def replay(path):
    """Computes the reference outputs anew, from the file alone: its type in Rust and its tensors, in the number type of
    the file. Returns what was computed, and what the file says."""
    tensors, metadata = contents(path)
    x = tensors["reference.inputs"]
    if "standardizer.mean" in tensors:
        x = (x - tensors["standardizer.mean"]) / tensors["standardizer.scale"]
    # Places are counted by the commas and brackets of the type.
    layers = re.findall(r"Dense<[^<>]*>|Dropout<(?:[^<>]|<[^<>]*>)*>", metadata["network"])
    deep = metadata["network"].startswith("((")
    for index, layer in enumerate(layers):
        place = f"{index // 8}.{index % 8}" if deep else f"{index}"
        if layer.startswith("Dropout"):
            assert f"{place}.weight" not in tensors
            continue
        inputs, outputs, activation, *_ = layer[len("Dense<") : -1].split(", ")
        weights = tensors[f"{place}.weight"]
        assert weights.shape == (int(inputs), int(outputs))
        assert (f"{place}.bias" in tensors) == ("Unbiased" not in layer)
        assert ("f64" in layer) == (weights.dtype == np.float64)
        x = ACTIVATIONS[activation](x @ weights + tensors.get(f"{place}.bias", weights.dtype.type(0)))
    assert x.dtype == tensors["reference.outputs"].dtype
    return x, tensors["reference.outputs"]


def image(tensors=None, sections=(), number=4, fingerprint=0x0123456789ABCDEF, version=1):
    """A checkpoint image: the section of parameters, unless `tensors` is None, then `sections` of
    (kind, number, tensors, fingerprint, data)."""
    sections = list(sections)
    if tensors is not None:
        data = b""
        for name, tensor in tensors.items():
            sizes = [*tensor.shape, 0, 0, 0, 0][:4]
            data += name.encode().ljust(23, b"\0") + bytes([tensor.ndim]) + struct.pack("<4I", *sizes)
        for tensor in tensors.values():
            data += np.ascontiguousarray(tensor, f"<f{number}").tobytes()
        sections.insert(0, (1, number, len(tensors), fingerprint, data))
    length = 12 + sum(16 + len(section[4]) for section in sections) + 4
    head = b"dhck" + struct.pack("<HHI", version, len(sections), length)
    for kind, size, count, mark, data in sections:
        head += struct.pack("<BBHIQ", kind, size, count, len(data), mark)
    return sealed(head + b"".join(section[4] for section in sections))


def sealed(body):
    return body + struct.pack("<I", zlib.crc32(body))
