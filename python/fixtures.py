#!/usr/bin/env python3
"""Writes the exchange files that tests of the crate import, and in `wrong/` those that it must refuse.

    python fixtures.py [FOLDER]     tests/data/exchange, if no folder is given

What needs a framework that is not installed stays as it is, and is named. The networks of scikit-learn are trained:
with another release their numbers may be others. Everything else has the same bytes each time.
"""

import json
import os
import struct
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import downhill
from downhill.exchange import serialize

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"


def samples(file):
    """Inputs and classes of a file of comma-separated numbers, the class last."""
    table = np.loadtxt(DATA / file, delimiter=",")
    return table[:, :-1], table[:, -1].astype(int)


def iris(path):
    """Three classes, with a standardizer."""
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    mlp = MLPClassifier(hidden_layer_sizes=(7,), activation="tanh", solver="lbfgs", alpha=0.1, max_iter=500, random_state=1)
    model = make_pipeline(StandardScaler(), mlp).fit(*samples("iris/train.csv"))
    x, classes = samples("iris/test.csv")
    print(f"// test accuracy {model.score(x, classes):.3f}")
    downhill.export(model, path, samples=x[::3])


def digits(path):
    """Ten outputs, but only the digits 0 to 4 were learnt: the device learns the rest. Pixels are from 0 to 1."""
    from sklearn.neural_network import MLPClassifier

    x, classes = samples("digits/train.csv")
    few = classes < 5
    model = MLPClassifier(hidden_layer_sizes=(32,), activation="relu", batch_size=32, random_state=1)
    for _ in range(30):
        model.partial_fit(x[few] / 16, classes[few], classes=range(10))
    x, classes = samples("digits/test.csv")
    few = classes < 5
    print(f"// test accuracy {model.score(x[few] / 16, classes[few]):.3f} on the digits 0 to 4")
    downhill.export(model, path, samples=x[few] / 16)


def regression(path):
    """Length and width of a petal from those of the sepal, in f64."""
    from sklearn.neural_network import MLPRegressor

    x, _ = samples("iris/train.csv")
    model = MLPRegressor(hidden_layer_sizes=(6,), activation="tanh", solver="lbfgs", max_iter=500, random_state=1)
    model.fit(x[:, :2], x[:, 2:])
    x, _ = samples("iris/test.csv")
    print(f"// R2 of the test {model.score(x[:, :2], x[:, 2:]):.3f}")
    downhill.export(model, path, samples=x[::3, :2], dtype="f64")


def torch(path):
    """Layers that the others have not: LeakyRelu, Dropout, no biases."""
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Linear(5, 8), nn.LeakyReLU(), nn.Dropout(0.25), nn.Linear(8, 3, bias=False), nn.Sigmoid()
    )
    random = np.random.default_rng(11)
    for parameter in model.parameters():
        parameter.data = torch.tensor(random.normal(size=parameter.shape), dtype=torch.float32)
    downhill.export(model, path, samples=random.normal(size=(16, 5)))


def keras(path):
    """Three layers and a dropout."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    from keras import Sequential, layers

    model = Sequential(
        [
            layers.Input((6,)),
            layers.Dense(12, activation="relu"),
            layers.Dropout(0.1),
            layers.Dense(5, activation="tanh"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    random = np.random.default_rng(12)
    model.set_weights([random.normal(size=weights.shape) for weights in model.get_weights()])
    downhill.export(model, path, samples=random.normal(size=(16, 6)))


def quantized(folder):
    """The models that generate.py in this folder has written."""
    for name in ("digits", "deep", "wide", "mixed", "small"):
        downhill.convert_tflite(folder / f"{name}.tflite", folder / f"{name}.safetensors")
    tensors = downhill.convert_tflite(folder / "small.tflite", folder / "no_scale.safetensors").tensors
    tensors["2.scale"][0] = 0
    (folder / "no_scale.safetensors").write_bytes(serialize(tensors, {"downhill": "1"}))


def wrong(folder):
    """Faults of a file for `(Dense<3, 4, Tanh>, Dense<4, 2, Identity>)`; `right` has none."""
    # Multiples of 1/16, which all number types have.
    tensors = {
        "0.weight": (np.arange(12).reshape(3, 4) - 6) / 16,
        "0.bias": np.array([4, -8, 12, -16]) / 16,
        "1.weight": (np.arange(8).reshape(4, 2) - 3) / 8,
        "1.bias": np.array([-0.5, 0.25]),
        "reference.inputs": np.array([[0, 0, 0], [1, -1, 0.5], [-0.25, 2, 1], [0.75, 0.5, -2]]),
    }
    hidden = np.tanh(tensors["reference.inputs"] @ tensors["0.weight"] + tensors["0.bias"])
    tensors["reference.outputs"] = hidden @ tensors["1.weight"] + tensors["1.bias"]
    tensors = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
    metadata = {
        "downhill": "1",
        "network": "(Dense<3, 4, Tanh>, Dense<4, 2, Identity>)",
        "architecture": "90c7f5f5ccde9506",
    }
    right = serialize(tensors, metadata)
    (length,) = struct.unpack_from("<Q", right)
    header, data = json.loads(right[8 : 8 + length]), right[8 + length :]

    def file(header, data):
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        return struct.pack("<Q", len(text)) + text + data

    def without(name):
        return {other: tensor for other, tensor in tensors.items() if other != name}

    # The numbers of type F16 take half of the bytes.
    half, offset = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        half[name] = {"dtype": "F16", "shape": list(tensor.shape), "data_offsets": [offset, offset + 2 * tensor.size]}
        offset += 2 * tensor.size
    overlapping = json.loads(json.dumps(header))
    start = overlapping["0.weight"]["data_offsets"][0]
    overlapping["0.bias"]["data_offsets"] = [start, start + 16]
    nan = {name: tensor.copy() for name, tensor in tensors.items()}
    nan["0.weight"][1, 2] = np.nan
    files = {
        "right": right,
        "missing_tensor": serialize(without("1.bias"), metadata),
        "extra_tensor": serialize({**tensors, "2.weight": np.ones((2, 2), np.float32)}, metadata),
        "transposed": serialize(
            {name: np.ascontiguousarray(t.T) if name.endswith("weight") else t for name, t in tensors.items()}, metadata
        ),
        "f16": file(half, b"".join(tensor.astype("<f2").tobytes() for tensor in tensors.values())),
        "truncated_header": right[: 8 + length // 2],
        "truncated_data": right[:-40],
        "header_length": struct.pack("<Q", len(right)) + right[8:],
        "nan_weight": serialize(nan, metadata),
        "other_architecture": serialize(
            tensors,
            {**metadata, "network": "(Dense<3, 4, Relu>, Dense<4, 2, Identity>)", "architecture": "c5eade0fdfd50d6b"},
        ),
        "newer_version": serialize(tensors, {**metadata, "downhill": "2"}),
        "no_metadata": file({name: entry for name, entry in header.items() if name != "__metadata__"}, data),
        "overlapping": file(overlapping, data),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.safetensors").write_bytes(content)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "exchange"
    wrong(folder / "wrong")
    # Networks that would learn on, for a moment longer.
    warnings.filterwarnings("ignore", message=".*[Cc]onverge")
    for write, package in [(iris, "sklearn"), (digits, "sklearn"), (regression, "sklearn"), (torch, "torch"), (keras, "keras")]:
        name = f"{write.__name__}.safetensors"
        if find_spec(package) is None:
            print(f"// {name} stays as it is: {package} is not installed")
        else:
            print(f"// {name}")
            write(folder / name)
    if find_spec("tflite") is None:
        print("// the networks of integers stay as they are: tflite is not installed")
    else:
        quantized(DATA / "quantized")


if __name__ == "__main__":
    main()
