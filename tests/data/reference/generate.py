#!/usr/bin/env python3
"""Writes the reference vectors next to it: `python3 generate.py` with numpy 2.4.6 and torch 2.15.0.

Both come from PyPI: `pip install torch numpy`, which takes 5 GB. Everything is computed in float64, from parameters,
inputs and targets that are exact in float32. Last digits may change with the versions, by less than the tolerances.

Each file describes one network and its training, sample by sample, ten steps over four samples in turn:

    rate, momentum     of the training (no momentum: plain descent)
    parameters         the first weights: layer by layer, input by input, then the biases
    input N, target N  sample N
    output N, loss N, gradient N   of sample N before the training; the gradient is in the order of the parameters
    losses             of the ten steps, each before its update
    trained            the parameters after the ten steps

The networks of torch are differentiated by autograd; the tutorial's two rules are written out by hand in numpy.
"""

import numpy as np
import torch

from vectors import (
    binary, cross, distribution, flat, huber, layers_of, outliers, outputs_of, probabilities, signed, squared, uniform,
    write,
)

STEPS = 10
SAMPLES = 4


def network(name, inputs, layers, loss, targets, rate, momentum=0.0):
    parameters, functions = layers_of(inputs, layers)
    x = [uniform(-1, 1, inputs) for _ in range(SAMPLES)]
    t = [targets(layers[-1][0]) for _ in range(SAMPLES)]
    first = [p.copy() for p in parameters]
    parameters = [torch.tensor(p, requires_grad=True) for p in parameters]
    optimizer = torch.optim.SGD(parameters, lr=rate, momentum=momentum)

    def forward(sample):
        optimizer.zero_grad()
        y = outputs_of(parameters, functions, torch.tensor(x[sample]))
        error = loss(y, torch.tensor(t[sample]))
        error.backward()
        return y.detach().numpy(), error.item(), flat([p.grad.numpy() for p in parameters])

    outputs, values, gradients = zip(*[forward(sample) for sample in range(SAMPLES)])
    losses = []
    for step in range(STEPS):
        losses.append(forward(step % SAMPLES)[1])
        optimizer.step()
    write(
        name, rate=rate, momentum=momentum, parameters=flat(first), input=x, target=t, output=list(outputs),
        loss=list(values), gradient=list(gradients), losses=np.array(losses),
        trained=flat([p.detach().numpy() for p in parameters]),
    )


def sigma(z):
    return 1 / (1 + np.exp(-z))


def tutorial(name, first, rate, samples, step):
    """`step(parameters, x, t)` gives outputs and the changes of the parameters for a rate of 1, under the names
    and in the layout of the tutorial: row by receiving node."""
    x, t = samples

    def transposed(matrices):
        return flat([m.T for m in matrices])

    before = [step(first, x[sample], t[sample]) for sample in range(SAMPLES)]
    parameters, losses = first, []
    for number in range(STEPS):
        sample = number % SAMPLES
        o, changes = step(parameters, x[sample], t[sample])
        losses.append(0.5 * np.sum((t[sample] - o) ** 2))
        parameters = [w + rate * change for w, change in zip(parameters, changes)]
    write(
        name, rate=rate, momentum=0.0, parameters=transposed(first), input=x, target=t, output=[o for o, _ in before],
        loss=[0.5 * np.sum((target - o) ** 2) for target, (o, _) in zip(t, before)],
        gradient=[-transposed(changes) for _, changes in before], losses=np.array(losses),
        trained=transposed(parameters),
    )


def raw_error(parameters, x, t):
    """T6: the hidden errors are who.T . e."""
    wih, who = parameters
    h = sigma(wih @ x)
    o = sigma(who @ h)
    e = t - o
    eh = who.T @ e
    return o, [np.outer(eh * h * (1 - h), x), np.outer(e * o * (1 - o), h)]


def error_share(parameters, x, t):
    """T3, over two hidden layers: e_hidden = N e, N_ij = w_ij / sum over k of w_kj."""
    outputs = [x]
    for w in parameters:
        outputs.append(sigma(w @ outputs[-1]))
    e, changes = t - outputs[-1], []
    for w, h, o in reversed(list(zip(parameters, outputs, outputs[1:]))):
        changes.insert(0, np.outer(e * o * (1 - o), h))
        n = np.array([[w[j, i] / sum(w[j, k] for k in range(w.shape[1])) for j in range(w.shape[0])]
                      for i in range(w.shape[1])])
        e = n @ e
    return outputs[-1], changes


def main():
    network("sigmoid", 3, [(4, "sigmoid", True), (2, "sigmoid", True)], squared, probabilities, 0.5)
    network("sigmoid-unbiased", 4, [(5, "sigmoid", False), (3, "sigmoid", False)], squared, probabilities, 0.1, 0.9)
    network("linear", 3, [(4, "identity", True), (2, "identity", False)], squared, signed, 0.05)
    network("tanh", 5, [(6, "tanh", True), (3, "tanh", False), (2, "identity", True)], squared, signed, 0.1, 0.5)
    network("relu-softmax", 4, [(9, "relu", True), (3, "softmax", True)], cross, distribution, 0.1)
    network("leaky-sigmoid", 4, [(8, "leaky", False), (2, "sigmoid", True)], binary, probabilities, 0.1, 0.9)
    network("wide", 2, [(17, "tanh", True), (9, "softmax", True)], cross, probabilities, 0.05, 0.8)
    network("softmax-within", 3, [(4, "softmax", True), (3, "softmax", False)], squared, distribution, 0.5)
    network("softmax-binary", 3, [(5, "leaky", True), (3, "softmax", True)], binary, probabilities, 0.1)
    network("sigmoid-cross", 3, [(4, "tanh", False), (3, "sigmoid", True)], cross, distribution, 0.1, 0.9)
    network("rectified", 3, [(6, "relu", True), (4, "leaky", True), (3, "relu", True)], squared, signed, 0.1)

    samples = [uniform(0.01, 1, 3) for _ in range(SAMPLES)], [uniform(0.01, 0.99, 2) for _ in range(SAMPLES)]
    tutorial("raw-error", [uniform(-0.6, 0.6, 4, 3), uniform(-0.5, 0.5, 2, 4)], 0.3, samples, raw_error)
    positive = [uniform(0.05, 1, 4, 3), uniform(0.05, 1, 3, 4), uniform(0.05, 1, 2, 3)]
    tutorial("error-share", positive, 0.3, samples, error_share)

    network("huber", 3, [(4, "tanh", True), (3, "identity", True)], huber(1.0), outliers, 0.1)
    network("huber-narrow", 3, [(3, "relu", True), (4, "identity", False)], huber(0.75), outliers, 0.1, 0.9)


if __name__ == "__main__":
    main()
