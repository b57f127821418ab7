#!/usr/bin/env python3
"""Writes what torch.optim makes of small networks, next to it: `python3 optimizers.py`, with generate.py's versions.

Each file describes one network and some trainings of it, all from the same first weights:

    parameters         the first weights: layer by layer, input by input, then the biases
    input N, target N  sample N of seven; where the loss is that of classes, the target is the number of the class
    NAME               a training: how many samples make an update, then the hyperparameters, in the order in which the
                       optimiser's type in tests/optimizers.rs names them
    NAME losses        the mean loss of the samples of the 1st, the 10th and the 100th update, before it
    NAME after N       the parameters after N updates: 1, 10 and 100

Samples come in their order, over and over. No update reaches over the end of the seven: the last of a round may have
fewer samples, and is the mean of those that it has.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim

from vectors import (
    binary, cross, distribution, flat, layers_of, outputs_of, probabilities, signed, squared, uniform, write,
)

SAMPLES = 7
UPDATES = [1, 10, 100]


def batches(size):
    while True:
        yield from (range(SAMPLES)[start:start + size] for start in range(0, SAMPLES, size))


class Limit:
    """A limit of the gradient, which some gradients must reach and some not."""

    def __init__(self, value=None, norm=None):
        self.value, self.norm, self.reached, self.kept = value, norm, 0, 0

    def __call__(self, parameters):
        before = flat([p.grad for p in parameters])
        if self.value is not None:
            nn.utils.clip_grad_value_(parameters, self.value)
        if self.norm is not None:
            # torch divides by the norm and 1e-6, this crate by the norm.
            norm = nn.utils.get_total_norm([p.grad for p in parameters])
            nn.utils.clip_grads_with_norm_(parameters, self.norm, norm - 1e-6)
        if np.array_equal(flat([p.grad for p in parameters]), before):
            self.kept += 1
        else:
            self.reached += 1

    def check(self, name):
        assert self.value is self.norm is None or (self.reached > 4 and self.kept > 4), (name, self.reached, self.kept)


class Trainings:
    def __init__(self, file, inputs, layers, loss, targets):
        self.file, self.loss = file, loss
        self.first, self.functions = layers_of(inputs, layers)
        self.x = [uniform(-1, 1, inputs) for _ in range(SAMPLES)]
        self.t = [targets(layers[-1][0]) for _ in range(SAMPLES)]
        self.rows = {"parameters": flat(self.first), "input": self.x, "target": self.t}

    def train(self, name, size, hyperparameters, make, loss=None, limit=Limit(), sample_limit=Limit(), frozen=()):
        """`make` makes the optimiser from the weights and the biases that learn, those that are not `frozen`."""
        parameters = [torch.tensor(p, requires_grad=n not in frozen) for n, p in enumerate(self.first)]
        learning = [p for p in parameters if p.requires_grad]
        weights, biases = ([p for p in learning if p.dim() == n] for n in (2, 1))
        optimizer = make(weights, biases)
        losses, after = [], {}
        for update, batch in zip(range(1, UPDATES[-1] + 1), batches(size)):
            values, gradients = [], []
            for n in batch:
                optimizer.zero_grad()
                y = outputs_of(parameters, self.functions, torch.tensor(self.x[n]))
                value = (loss or self.loss)(y, torch.tensor(self.t[n]))
                value.backward()
                sample_limit(learning)
                values.append(value.item())
                gradients.append([p.grad.clone() for p in learning])
            for p, gradient in zip(learning, zip(*gradients)):
                p.grad = torch.stack(gradient).mean(0)
            limit(learning)
            optimizer.step()
            if update in UPDATES:
                losses.append(np.mean(values))
                after[f"{name} after {update}"] = flat([p.detach() for p in parameters])
        limit.check(name)
        sample_limit.check(name)
        self.rows |= {name: np.array([size, *hyperparameters]), f"{name} losses": np.array(losses)} | after

    def write(self):
        write(self.file, **self.rows)


def decaying(kind, decay, **options):
    """Weights decay, biases don't."""
    return lambda weights, biases: kind(
        [{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0}], **options
    )


# Hyperparameters in the order of the Rust types.


def sgd(rate, momentum=0.0, nesterov=False, decay=0.0):
    return decaying(optim.SGD, decay, lr=rate, momentum=momentum, nesterov=nesterov)


def rmsprop(rate, smoothing, epsilon):
    return decaying(optim.RMSprop, 0, lr=rate, alpha=smoothing, eps=epsilon)


def adam(rate, mean_decay, square_decay, epsilon, decay=0.0):
    return decaying(optim.Adam, decay, lr=rate, betas=(mean_decay, square_decay), eps=epsilon)


def adamw(decay, rate, mean_decay, square_decay, epsilon):
    return decaying(optim.AdamW, decay, lr=rate, betas=(mean_decay, square_decay), eps=epsilon)


def rprop(first, shrink, grow, least, most):
    return lambda weights, biases: optim.Rprop(
        [*weights, *biases], lr=first, etas=(shrink, grow), step_sizes=(least, most)
    )


def descent():
    net = Trainings("descent", 3, [(3, "tanh", True), (2, "identity", True)], squared, signed)
    for size in (1, 3, 5):
        net.train(f"sgd by {size}", size, [0.1], sgd(0.1))
        net.train(f"momentum by {size}", size, [0.05, 0.9], sgd(0.05, 0.9))
    for size in (1, 5):
        net.train(f"nesterov by {size}", size, [0.05, 0.8], sgd(0.05, 0.8, nesterov=True))
    for size in (1, 3):
        net.train(f"decay sgd by {size}", size, [0.05, 0.1], sgd(0.1, decay=0.05))
        net.train(f"decay momentum by {size}", size, [0.02, 0.05, 0.9], sgd(0.05, 0.9, decay=0.02))
    net.write()


def adaptive():
    net = Trainings("adaptive", 2, [(4, "leaky", True), (3, "softmax", True)], cross, distribution)
    default = optim.RMSprop([torch.zeros(1)]).defaults
    default = [0.01, default["alpha"], default["eps"]]
    net.train("rmsprop by 1", 1, default, rmsprop(*default))
    net.train("rmsprop by 3", 3, [0.02, 0.8, 0.001], rmsprop(0.02, 0.8, 0.001))
    default = optim.Adam([torch.zeros(1)]).defaults
    default = [0.01, *default["betas"], default["eps"]]
    other = [0.05, 0.7, 0.95, 0.01]
    for size in (1, 3, 5):
        net.train(f"adam by {size}", size, default, adam(*default))
    net.train("adam of others by 1", 1, other, adam(*other))
    net.train("adamw by 1", 1, [0.01, *default], adamw(0.01, *default))
    net.train("adamw of others by 5", 5, [0.5, *other], adamw(0.5, *other))
    net.train("decay adam by 1", 1, [0.1, *default], adam(*default, decay=0.1))
    net.write()


def resilient():
    layers = [(3, "sigmoid", True), (2, "tanh", False), (2, "sigmoid", True)]
    net = Trainings("resilient", 2, layers, squared, probabilities)
    default = optim.Rprop([torch.zeros(1)]).defaults
    default = [default["lr"], *default["etas"], *default["step_sizes"]]
    other = [0.03, 0.3, 1.4, 0.002, 0.1]
    net.train("rprop by 7", 7, default, rprop(*default))
    net.train("rprop of others by 7", 7, other, rprop(*other))
    net.write()


def limited():
    layers = [(3, "tanh", False), (2, "sigmoid", True), (2, "sigmoid", True)]
    net = Trainings("limited", 2, layers, binary, probabilities)
    net.train("value sgd by 1", 1, [0.1, 0.5], sgd(0.5), limit=Limit(value=0.1))
    net.train("value momentum by 3", 3, [0.05, 0.1, 0.9], sgd(0.1, 0.9), limit=Limit(value=0.05))
    net.train("norm sgd by 1", 1, [0.3, 0.5], sgd(0.5), limit=Limit(norm=0.3))
    net.train("norm sgd by 3", 3, [0.2, 0.5], sgd(0.5), limit=Limit(norm=0.2))
    options = [0.01, 0.9, 0.999, 1e-8]
    net.train("norm decay adam by 5", 5, [0.1, 0.2, *options], adam(*options, decay=0.2), limit=Limit(norm=0.1))
    net.train("sample sgd by 1", 1, [0.3, 0.5], sgd(0.5), sample_limit=Limit(norm=0.3))
    net.train("sample sgd by 5", 5, [0.3, 0.5], sgd(0.5), sample_limit=Limit(norm=0.3))
    net.train("sample norm momentum by 3", 3, [0.4, 0.2, 0.1, 0.9], sgd(0.1, 0.9), limit=Limit(norm=0.2),
              sample_limit=Limit(norm=0.4))
    net.write()


def frozen():
    net = Trainings("frozen", 3, [(3, "sigmoid", True), (2, "sigmoid", True)], squared, probabilities)
    options = [0.01, 0.9, 0.999, 1e-8]
    net.train("upper by 1", 1, options, adam(*options), frozen=[0, 1])
    net.train("upper norm by 3", 3, [0.1, *options], adam(*options), frozen=[0, 1], limit=Limit(norm=0.1))
    net.train("lower by 1", 1, options, adam(*options), frozen=[2, 3])
    net.train("biases by 1", 1, options, adam(*options), frozen=[0, 1, 2])
    net.train("all biases norm by 3", 3, [0.05, *options], adam(*options), frozen=[0, 2], limit=Limit(norm=0.05))
    net.write()


def classes():
    """The outputs are the weighted sums of a softmax, as torch's cross-entropy takes them."""
    chosen = iter([0, 2, 1, 1, 0, 2, 0])
    net = Trainings("classes", 2, [(4, "tanh", True), (3, "identity", True)], None, lambda _: np.array(next(chosen)))
    weights = [0.5, 2.0, 1.25]

    def entropy(**options):
        return lambda z, t: F.cross_entropy(z, t, reduction="sum", **options)

    net.rows["amount"], net.rows["weights"] = 0.1, np.array(weights)
    smoothed, weighted = entropy(label_smoothing=0.1), entropy(weight=torch.tensor(weights))
    net.train("smoothed by 1", 1, [0.2], sgd(0.2), loss=smoothed)
    net.train("smoothed by 3", 3, [0.2], sgd(0.2), loss=smoothed)
    # By 3, torch would divide by the sum of the weights of its samples; here, as in this crate, it is their number.
    net.train("weighted by 1", 1, [0.2], sgd(0.2), loss=weighted)
    net.train("weighted by 3", 3, [0.2], sgd(0.2), loss=weighted)
    net.write()


def main():
    descent()
    adaptive()
    resilient()
    limited()
    frozen()
    classes()


if __name__ == "__main__":
    main()
