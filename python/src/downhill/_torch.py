"""PyTorch: nn.Sequential."""

import numpy as np
import torch
from torch import nn

from .models import Model
from .network import SLOPE, Network

SUPPORTED = (
    "nn.Sequential of Linear, Identity, ReLU, LeakyReLU(0.01), Sigmoid, Tanh, Softmax(dim=-1), Dropout, and Sequential"
)
ACTIVATIONS = {nn.Identity: "Identity", nn.ReLU: "Relu", nn.Sigmoid: "Sigmoid", nn.Tanh: "Tanh"}


def describe(model):
    network = Network(SUPPORTED)
    if not _is(model, nn.Sequential):
        raise network.unsupported(type(model).__name__, "the model is no nn.Sequential")
    _add(network, model, "")
    network.finish("Sequential")
    first = next(model.parameters())

    def answer(x):
        training = [(module, module.training) for module in model.modules()]
        model.eval()
        try:
            with torch.no_grad():
                return model(torch.as_tensor(x, dtype=first.dtype, device=first.device)).cpu().numpy()
        finally:
            for module, was in training:
                module.training = was

    return Model(network, answer)


def store(model, index, layer, weights, biases):
    with torch.no_grad():
        if weights is not None:
            layer.weight.copy_(torch.as_tensor(np.ascontiguousarray(weights.T)))
        if biases is not None:
            layer.bias.copy_(torch.as_tensor(np.array(biases)))


def _is(layer, kind):
    """Whether it is of this kind and computes the same: a subclass may have a `forward` of its own."""
    return isinstance(layer, kind) and type(layer).forward is kind.forward


def _add(network, sequence, prefix, known=None):
    known = set() if known is None else known
    # `named_children` would leave out what occurs twice.
    for name, layer in sequence._modules.items():
        where = f"layer {prefix}{name} ({type(layer).__name__})"
        if isinstance(layer, nn.Linear):
            if id(layer) in known:
                raise network.unsupported(where, "it occurs twice, and its copies on a device would learn apart")
            known.add(id(layer))
        kinds = [activation for kind, activation in ACTIVATIONS.items() if _is(layer, kind)]
        if _is(layer, nn.Sequential):
            _add(network, layer, f"{prefix}{name}.", known)
        elif _is(layer, nn.Linear):
            bias = None if layer.bias is None else _numbers(network, where, layer.bias)
            network.dense(where, _numbers(network, where, layer.weight).T, bias, layer)
        elif _is(layer, nn.Dropout):
            network.dropout(where, layer.p)
        elif kinds:
            network.activation(where, kinds[0])
        elif _is(layer, nn.LeakyReLU):
            if layer.negative_slope != SLOPE:
                raise network.unsupported(where, f"a slope of {layer.negative_slope}; the crate's is {SLOPE}")
            network.activation(where, "LeakyRelu")
        elif _is(layer, nn.Softmax):
            if layer.dim not in (-1, 1):
                raise network.unsupported(where, f"dim={layer.dim}")
            network.activation(where, "Softmax")
        else:
            raise network.unsupported(where, f"the crate has no {type(layer).__name__}")


def _numbers(network, where, parameter):
    if nn.parameter.is_lazy(parameter):
        raise network.unsupported(where, "it has no weights yet; call the model once")
    if parameter.dtype not in (torch.float32, torch.float64):
        raise network.unsupported(where, f"numbers of type {parameter.dtype}; convert them with model.float()")
    return parameter.detach().cpu().numpy()
