"""numpy with Adam and momentum, on the workloads of the yardsticks, which have none of them.

Sigmoids, squared error, f32, with biases. All parameters, and all that the optimiser keeps, lie in one array each, of which the
layers' matrices are views; an update writes in place, so a batch allocates nothing but its gradients' intermediate results.
Prints lines IMPL,BUILD,WORKLOAD,step,median ns,min ns per sample, and a line that begins with # and names the
kernel that OpenBLAS chose.

    optimizers.py         measures
    optimizers.py check   compares gradients with differences, and the optimisers with their formulas in f64
"""

import sys
import time

import numpy as np
from threadpoolctl import threadpool_info

SIZES = {"W2": (64, 32, 10), "W4": (784, 100, 10)}
F = np.float32


class Net:
    def __init__(self, sizes, optimizer, rate, dtype=F, seed=1):
        random = np.random.default_rng(seed)
        pairs = list(zip(sizes, sizes[1:]))
        count = sum(o * i + o for i, o in pairs)
        self.dtype, self.optimizer, self.rate, self.steps = dtype, optimizer, dtype(rate), 0
        self.parameters, self.gradient, self.scratch, self.mean, self.square = np.zeros((5, count), dtype)
        self.weights, self.biases = self.views(self.parameters, pairs)
        self.weight_gradients, self.bias_gradients = self.views(self.gradient, pairs)
        for w in self.weights:
            w[:] = random.normal(0, w.shape[1] ** -0.5, w.shape)

    @staticmethod
    def views(array, pairs):
        weights, biases, at = [], [], 0
        for i, o in pairs:
            weights.append(array[at : at + o * i].reshape(o, i))
            biases.append(array[at + o * i : at + o * i + o])
            at += o * i + o
        return weights, biases

    def outputs(self, x):
        one, y = self.dtype(1), [x]
        for w, b in zip(self.weights, self.biases):
            y.append(one / (one + np.exp(-(y[-1] @ w.T + b))))
        return y

    def backward(self, x, target):
        """The gradient of the mean over the samples of sum((y - target)^2) / 2."""
        one, y = self.dtype(1), self.outputs(x)
        delta = (y[-1] - target) * y[-1] * (one - y[-1]) / self.dtype(len(x))
        for layer in range(len(self.weights) - 1, -1, -1):
            np.matmul(delta.T, y[layer], out=self.weight_gradients[layer])
            np.sum(delta, axis=0, out=self.bias_gradients[layer])
            if layer:
                delta = (delta @ self.weights[layer]) * y[layer] * (one - y[layer])

    def step(self, x, target):
        self.backward(x, target)
        getattr(self, self.optimizer)()

    def momentum(self, momentum=0.9):
        self.mean *= self.dtype(momentum)
        self.mean += self.gradient
        self.parameters -= np.multiply(self.mean, self.rate, out=self.scratch)

    def adam(self, mean_decay=0.9, square_decay=0.999, epsilon=1e-8):
        self.steps += 1
        number, scratch, gradient = self.dtype, self.scratch, self.gradient
        self.mean *= number(mean_decay)
        self.mean += np.multiply(gradient, number(1 - mean_decay), out=scratch)
        self.square *= number(square_decay)
        np.multiply(gradient, gradient, out=scratch)
        scratch *= number(1 - square_decay)
        self.square += scratch
        np.sqrt(self.square, out=scratch)
        scratch *= number((1 - square_decay**self.steps) ** -0.5)
        scratch += number(epsilon)
        np.divide(self.mean, scratch, out=scratch)
        scratch *= number(self.rate / (1 - mean_decay**self.steps))
        self.parameters -= scratch


def data(sizes, samples):
    random = np.random.default_rng(2)
    x = random.random((samples, sizes[0]), dtype=F)
    return x, F(0.1) + F(0.8) * random.random((samples, sizes[-1]), dtype=F)


def measure(run):
    """The median and the least of 21 times of at least 4 ms, in ns per call, as the yardsticks have it."""

    def repeat(calls):
        start = time.perf_counter()
        for _ in range(calls):
            run()
        return time.perf_counter() - start

    calls = 1
    while repeat(calls) <= 4e-3:
        calls *= 2
    times = sorted(repeat(calls) * 1e9 / calls for _ in range(21))
    return times[10], times[0]


def measure_all():
    for workload, samples, optimizer, rate in (
        ("W2", 1, "adam", 0.001),
        ("W4", 1, "adam", 0.001),
        ("W4", 32, "momentum", 0.05),
        ("W4", 32, "adam", 0.001),
    ):
        net = Net(SIZES[workload], optimizer, rate)
        x, target = data(SIZES[workload], samples)
        # Two opposite targets in turn, as the yardsticks have them: training never comes to rest.
        targets = [target, 1 - target]

        def run():
            targets.reverse()
            net.step(x, targets[0])

        median, least = (ns / samples for ns in measure(run))
        batch = f"b{samples}" if samples > 1 else ""
        print(f"numpy-f32,py,{workload}{batch}-{optimizer},step,{median:.2f},{least:.2f}", flush=True)
    for library in threadpool_info():
        version = f"{library['internal_api']} {library['version']}"
        kernel = f"kernel {library.get('architecture')}; {library['num_threads']} thread"
        print(f"# numpy {np.__version__} multiplies with {version}; {kernel}", flush=True)


def check():
    sizes = (5, 4, 3)
    random = np.random.default_rng(3)
    x, target = random.random((6, 5)), random.random((6, 3))
    net = Net(sizes, "adam", 0.01, np.float64)
    net.backward(x, target)

    def loss():
        return ((net.outputs(x)[-1] - target) ** 2).sum() / 2 / len(x)

    for k in range(len(net.parameters)):
        at, both = net.parameters[k], []
        for side in (1e-6, -1e-6):
            net.parameters[k] = at + side
            both.append(loss())
        net.parameters[k] = at
        assert abs((both[0] - both[1]) / 2e-6 - net.gradient[k]) < 1e-9, k

    # The papers' formulas, written for all steps at once: sums instead of running means.
    for optimizer in ("adam", "momentum"):
        net, gradients, expected = Net(sizes, optimizer, 0.01, np.float64), [], None
        expected = net.parameters.copy()
        for t in range(1, 8):
            net.step(x, target)
            gradients.append(net.gradient.copy())
            if optimizer == "adam":
                m = 0.1 * sum(0.9 ** (t - 1 - k) * g for k, g in enumerate(gradients)) / (1 - 0.9**t)
                v = 0.001 * sum(0.999 ** (t - 1 - k) * g * g for k, g in enumerate(gradients)) / (1 - 0.999**t)
                expected -= 0.01 * m / (np.sqrt(v) + 1e-8)
            else:
                expected -= 0.01 * sum(0.9 ** (t - 1 - k) * g for k, g in enumerate(gradients))
            assert np.abs(net.parameters - expected).max() < 1e-12, (optimizer, t)
    print("gradients, momentum and Adam are right")


if __name__ == "__main__":
    check() if sys.argv[1:] == ["check"] else measure_all()
