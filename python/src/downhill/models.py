"""Models of the three frameworks, each of which is imported only where one of its models is met."""

from dataclasses import dataclass
from importlib import import_module
from typing import Callable, Optional

import numpy as np

from .errors import Mismatch, Unsupported
from .network import Dense, Network

FRAMEWORKS = {"sklearn": "scikit-learn", "torch": "PyTorch", "keras": "Keras"}


@dataclass
class Model:
    """What a framework's model computes. `answer` is the model itself: inputs as they come to outputs of the network."""

    network: Network
    answer: Callable[[np.ndarray], np.ndarray]
    standardizer: Optional[tuple] = None


def describe(model):
    """The model as layers of the crate, or `Unsupported`."""
    return _module(_framework(model)).describe(model)


def to_sklearn(arrays, mlp, *, partial=False):
    """Puts the parameters `arrays`, by name, into an `MLPClassifier` or `MLPRegressor` that was fitted, or into that of a
    `Pipeline`. Returns the model.

    With `partial`, tensors that `arrays` has not stay as they are: a device with frozen layers sends those that learn.
    """
    return _load("sklearn", arrays, mlp, partial)


def to_torch(arrays, model, *, partial=False):
    """Puts the parameters `arrays`, by name, into an `nn.Sequential`, in place. Returns the model. `partial` as in
    `to_sklearn`."""
    return _load("torch", arrays, model, partial)


def to_keras(arrays, model, *, partial=False):
    """Puts the parameters `arrays`, by name, into a `Sequential`, in place. Returns the model. `partial` as in
    `to_sklearn`."""
    return _load("keras", arrays, model, partial)


def _framework(model):
    for parent in type(model).__mro__:
        root = parent.__module__.partition(".")[0]
        if root in FRAMEWORKS:
            return root
    raise Unsupported(
        f"{type(model).__module__}.{type(model).__name__} is no model of {', '.join(FRAMEWORKS.values())}"
    )


def _module(framework):
    return import_module(f"._{framework}", __package__)


def _load(framework, arrays, model, partial):
    found = _framework(model)
    if found != framework:
        raise Unsupported(f"{type(model).__name__} is a model of {FRAMEWORKS[found]}, not of {FRAMEWORKS[framework]}")
    module = _module(framework)
    network = module.describe(model).network
    expected = network.tensors()
    for name, array in arrays.items():
        shape = np.shape(array)
        if name not in expected:
            raise Mismatch(f"{name}: the arrays have it with shape {shape}, the model has no such tensor")
        if shape != expected[name].shape:
            raise Mismatch(f"{name}: the arrays have shape {shape}, the model {expected[name].shape}")
        if not np.isfinite(array).all():
            raise Mismatch(f"{name}: a number is NaN or infinite")
    for name, tensor in expected.items():
        if name not in arrays and not partial:
            raise Mismatch(
                f"{name}: the model has it with shape {tensor.shape}, the arrays have no such tensor; "
                "with partial=True, it stays as it is"
            )
    # Nothing was changed so far.
    for index, (place, layer) in enumerate((p, l) for p, l in network.places() if isinstance(l, Dense)):
        weights, biases = arrays.get(f"{place}.weight"), arrays.get(f"{place}.bias")
        module.store(model, index, layer.source, _array(weights), _array(biases))
    return model


def _array(values):
    return None if values is None else np.asarray(values)
