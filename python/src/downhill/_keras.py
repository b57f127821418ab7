"""Keras: Sequential."""

from functools import partial

import keras
import numpy as np

from .models import Model
from .network import SLOPE, Network

SUPPORTED = (
    "Sequential of Input, Dense, Dropout, Activation, ReLU, LeakyReLU(negative_slope=0.01), Softmax, and Sequential; "
    "activations linear, relu, sigmoid, tanh, softmax, and leaky_relu with a slope of 0.01"
)


def describe(model):
    network = Network(SUPPORTED)
    if not _is(model, keras.Sequential):
        raise network.unsupported(type(model).__name__, "the model is no Sequential")
    _add(network, model, "")
    network.finish("Sequential")

    def answer(x):
        return keras.ops.convert_to_numpy(model(keras.ops.convert_to_tensor(x, model.compute_dtype), training=False))

    return Model(network, answer)


def store(model, index, layer, weights, biases):
    if weights is not None:
        layer.kernel.assign(weights)
    if biases is not None:
        layer.bias.assign(biases)


def _is(layer, kind):
    """Whether it is of this kind and computes the same: a subclass may have a `call` of its own."""
    return isinstance(layer, kind) and type(layer).call is kind.call


def _add(network, sequence, prefix):
    layers = keras.layers
    for index, layer in enumerate(sequence.layers):
        where = f"layer {prefix}{index} ({type(layer).__name__})"
        if isinstance(layer, layers.InputLayer):
            continue
        if _is(layer, keras.Sequential):
            _add(network, layer, f"{prefix}{index}.")
        elif _is(layer, layers.Dense):
            if not layer.built:
                raise network.unsupported(where, "it has no weights yet; add an Input, or call the model once")
            bias = _numbers(network, where, layer.bias) if layer.use_bias else None
            network.dense(where, _numbers(network, where, layer.kernel), bias, layer)
            _activate(network, where, layer.activation)
        elif _is(layer, layers.Dropout):
            if layer.noise_shape is not None:
                raise network.unsupported(where, f"noise_shape={layer.noise_shape}")
            network.dropout(where, layer.rate)
        elif _is(layer, layers.Activation):
            _activate(network, where, layer.activation)
        elif isinstance(layer, (layers.ReLU, layers.LeakyReLU, layers.Softmax)):
            _activate(network, where, layer)
        else:
            raise network.unsupported(where, f"the crate has no {type(layer).__name__}")


def _activate(network, where, function):
    """The activation: a function of Keras, or a layer."""
    layers, functions = keras.layers, keras.activations
    named = {
        functions.linear: "Identity",
        functions.relu: "Relu",
        functions.sigmoid: "Sigmoid",
        functions.tanh: "Tanh",
        functions.softmax: "Softmax",
    }
    slope = None
    if _is(function, layers.LeakyReLU):
        slope = float(function.negative_slope)
    elif function is functions.leaky_relu:
        slope = 0.2
    elif isinstance(function, partial) and function.func is functions.leaky_relu and not function.args:
        slope = function.keywords.get("negative_slope", 0.2)
    elif _is(function, layers.ReLU):
        if function.max_value is not None or function.threshold != 0 or function.negative_slope != 0:
            raise network.unsupported(
                where,
                f"ReLU with max_value={function.max_value}, threshold={function.threshold}, "
                f"negative_slope={function.negative_slope}",
            )
        return network.activation(where, "Relu")
    elif _is(function, layers.Softmax):
        if function.axis not in (-1, 1):
            raise network.unsupported(where, f"axis={function.axis}")
        return network.activation(where, "Softmax")
    if slope is not None:
        if slope != SLOPE:
            raise network.unsupported(where, f"a slope of {slope}; the crate's is {SLOPE}")
        return network.activation(where, "LeakyRelu")
    # An instance of a layer may not be hashable.
    for known, name in named.items():
        if function is known:
            return network.activation(where, name)
    raise network.unsupported(where, f"the activation {getattr(function, '__name__', type(function).__name__)}")


def _numbers(network, where, parameter):
    numbers = keras.ops.convert_to_numpy(parameter)
    if numbers.dtype not in (np.float32, np.float64):
        raise network.unsupported(where, f"numbers of type {parameter.dtype}")
    return numbers
