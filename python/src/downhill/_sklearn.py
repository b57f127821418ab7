"""scikit-learn: MLPClassifier, MLPRegressor, and a Pipeline of a scaler and one of them."""

import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from .models import Model
from .network import Network

SUPPORTED = (
    "MLPClassifier, MLPRegressor, or a Pipeline of one StandardScaler or MinMaxScaler and one of them; "
    "activations identity, logistic, tanh, relu, and softmax at the end"
)
ACTIVATIONS = {"identity": "Identity", "logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "softmax": "Softmax"}


def describe(model):
    network = Network(SUPPORTED)
    scaler, mlp, where = _parts(model, network)
    if not hasattr(mlp, "coefs_"):
        raise network.unsupported(where, "it was not fitted")
    last = len(mlp.coefs_) - 1
    for index, (weights, biases) in enumerate(zip(mlp.coefs_, mlp.intercepts_)):
        name = mlp.out_activation_ if index == last else mlp.activation
        layer = f"{where}, layer {index} ({name})"
        if name not in ACTIVATIONS:
            raise network.unsupported(layer, f"the activation {name}")
        network.dense(layer, np.asarray(weights), np.asarray(biases), mlp)
        network.activation(layer, ACTIVATIONS[name])
    network.finish(where)
    binary = isinstance(mlp, MLPClassifier) and network.outputs == 1

    def answer(x):
        with warnings.catch_warnings():
            # That the samples have no names of columns.
            warnings.simplefilter("ignore", UserWarning)
            y = model.predict_proba(x) if isinstance(mlp, MLPClassifier) else model.predict(x)
        # Of two classes, the network answers with the probability of the second.
        return y[:, 1:] if binary else np.reshape(y, (len(x), -1))

    return Model(network, answer, None if scaler is None else _standardizer(*scaler, network))


def store(model, index, mlp, weights, biases):
    if weights is not None:
        mlp.coefs_[index] = np.array(weights, mlp.coefs_[index].dtype)
    if biases is not None:
        mlp.intercepts_[index] = np.array(biases, mlp.intercepts_[index].dtype)


def _parts(model, network):
    """The scaler with its place, or None; the MLP, and its place."""
    if not isinstance(model, Pipeline):
        _check_mlp(model, type(model).__name__, network)
        return None, model, type(model).__name__
    steps = [
        (f"step {index} ({type(step).__name__})", step)
        for index, (_, step) in enumerate(model.steps)
        if step not in (None, "passthrough")
    ]
    if not steps:
        raise network.unsupported("Pipeline", "it has no steps")
    where, mlp = steps[-1]
    for place, step in steps[:-1]:
        if not isinstance(step, (StandardScaler, MinMaxScaler)):
            raise network.unsupported(place, f"{type(step).__name__} before the network")
    if len(steps) > 2:
        raise network.unsupported(steps[1][0], "a second step before the network")
    _check_mlp(mlp, where, network)
    return ((steps[0][1], steps[0][0]) if len(steps) == 2 else None), mlp, where


def _check_mlp(model, where, network):
    if not isinstance(model, (MLPClassifier, MLPRegressor)):
        raise network.unsupported(where, f"{type(model).__name__} is no network of this kind")


def _standardizer(scaler, where, network):
    if isinstance(scaler, MinMaxScaler):
        if scaler.clip:
            raise network.unsupported(where, "clip=True")
        # x s + m = (x - (-m / s)) / (1 / s)
        return -scaler.min_ / scaler.scale_, 1 / scaler.scale_
    mean = scaler.mean_ if scaler.with_mean else np.zeros(network.inputs)
    scale = scaler.scale_ if scaler.with_std else np.ones(network.inputs)
    return mean, scale
