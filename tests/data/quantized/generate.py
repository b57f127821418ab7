#!/usr/bin/env python3
"""Writes reference.txt: what the reference kernels of a TFLite runtime give for int8 layers and networks. Also writes the networks as
TFLite files, and in `refused` files that the crate can't run, for the package for Python.

    python3 -m venv v && v/bin/pip install ai-edge-litert==2.3.0 flatbuffers numpy && v/bin/python generate.py

Models are built without TensorFlow, from the schema that the runtime carries. Weights, biases and inputs come from a generator that
the test has, too, so that the file holds sizes, scales and a hash of all outputs (FNV-1a with 64 bits) alone. The hash of `double` is
that of the same sums under two roundings, by the formula here; that of the runtime's kernels is `single`.
"""
import math
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s
from ai_edge_litert.interpreter import Interpreter, OpResolverType

FOLDER = Path(__file__).parent
VECTORS = 2500
CLAMPS = ["none", "relu", "relu6", "unit"]
FUSED = [s.ActivationFunctionType.NONE, s.ActivationFunctionType.RELU, s.ActivationFunctionType.RELU6,
         s.ActivationFunctionType.RELU_N1_TO_1]


def scramble(z):
    z = (z ^ (z >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    z = (z ^ (z >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return z ^ (z >> np.uint32(16))


class Random:
    """`downhill::init::Generator`."""

    def __init__(self, seed):
        self.state = seed

    def numbers(self, count):
        steps = np.arange(1, count + 1, dtype=np.uint64) * 0x9E3779B9 + self.state
        self.state = int(steps[-1]) & 0xFFFFFFFF
        return scramble((steps & 0xFFFFFFFF).astype(np.uint32))

    def bytes(self, *shape):
        """All 256 values."""
        return (self.numbers(math.prod(shape)) >> np.uint32(24)).astype(np.uint8).view(np.int8).reshape(shape)

    def weights(self, *shape):
        """-127 to 127, as TFLite has them."""
        return np.maximum(self.bytes(*shape), -127)

    def biases(self, count):
        """-16384 to 16383."""
        return (self.numbers(count) >> np.uint32(17)).astype(np.int32) - 16384

    def real(self, low, high):
        """A number of few digits, so that text keeps all of it."""
        return np.float32(np.round(low + (high - low) * float(self.numbers(1)[0]) / 2**32, 5))

    def integer(self, low, high):
        return low + int(self.numbers(1)[0]) % (high - low + 1)


class Hash:
    def __init__(self):
        self.value = 0xCBF29CE484222325

    def add(self, values):
        h = self.value
        for byte in np.asarray(values, np.int8).tobytes():
            h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
        self.value = h

    def __str__(self):
        return f"{self.value:016x}"


def tensor(name, shape, kind, buffer, scale, zero):
    t, q = s.TensorT(), s.QuantizationParametersT()
    if not len(scale):
        t.name, t.shape, t.type, t.buffer = name, list(shape), kind, buffer
        return t
    q.scale, q.zeroPoint, q.quantizedDimension = list(map(float, scale)), list(map(int, zero)), 0
    t.name, t.shape, t.type, t.buffer, t.quantization = name, list(shape), kind, buffer, q
    return t


class Model:
    """A chain of operators on one vector. Without a scale, values are f32."""

    def __init__(self, size, scale, zero, rows=1):
        self.tensors, self.arrays, self.operators = [], [None], []
        self.rows = rows
        self.kind = s.TensorType.INT8
        self.last = self.values(size, scale, zero)
        self.inputs = [self.last]
        self.size = size

    def values(self, size, scale, zero):
        scales, kind = ([], s.TensorType.FLOAT32) if scale is None else ([scale], self.kind)
        size = size if isinstance(size, tuple) else (self.rows, size)
        self.tensors.append(tensor(f"t{len(self.tensors)}", size, kind, 0, scales, [zero]))
        return len(self.tensors) - 1

    def constant(self, array, kind, scale):
        self.arrays.append(array)
        self.tensors.append(tensor(f"c{len(self.tensors)}", array.shape, kind, len(self.arrays) - 1, scale, [0] * len(scale)))
        return len(self.tensors) - 1

    def then(self, code, version, others, size, scale, zero, kind=0, options=None):
        y = self.values(size, scale, zero)
        self.operators.append((code, version, [self.last, *others], [y], kind, options))
        self.last = y

    def dense(self, weights, biases, scales, clamp, scale, zero):
        options = s.FullyConnectedOptionsT()
        options.fusedActivationFunction = FUSED[clamp]
        x_scale = np.float32(self.tensors[self.last].quantization.scale[0])
        w = self.constant(weights, s.TensorType.INT8, scales)
        b = -1
        if biases is not None:
            b = self.constant(biases, s.TensorType.INT32, np.asarray(scales, np.float32) * x_scale)
        self.then(s.BuiltinOperator.FULLY_CONNECTED, 4 if len(scales) == 1 else 12, [w, b], len(weights), scale, zero,
                  s.BuiltinOptions.FullyConnectedOptions, options)

    def reshape(self, size, scale, zero):
        shape = self.constant(np.array([1, size], np.int32), s.TensorType.INT32, [])
        self.then(s.BuiltinOperator.RESHAPE, 1, [shape], size, scale, zero)

    def activation(self, name, size):
        if name == "softmax":
            options = s.SoftmaxOptionsT()
            options.beta = 1.0
            self.then(s.BuiltinOperator.SOFTMAX, 2, [], size, 1 / 256, -128, s.BuiltinOptions.SoftmaxOptions, options)
        elif name == "sigmoid":
            self.then(s.BuiltinOperator.LOGISTIC, 2, [], size, 1 / 256, -128)
        else:
            self.then(s.BuiltinOperator.TANH, 2, [], size, 1 / 128, 0)

    def content(self):
        """The file."""
        m, g = s.ModelT(), s.SubGraphT()
        m.version, m.description, m.subgraphs = 3, "reference", [g]
        m.buffers = []
        for array in self.arrays:
            b = s.BufferT()
            b.data = None if array is None else np.frombuffer(array.tobytes(), np.uint8)
            m.buffers.append(b)
        m.operatorCodes, g.operators = [], []
        for i, (code, version, ins, outs, kind, options) in enumerate(self.operators):
            c, o = s.OperatorCodeT(), s.OperatorT()
            c.builtinCode, c.deprecatedBuiltinCode, c.version = code, min(code, 127), version
            m.operatorCodes.append(c)
            o.opcodeIndex, o.inputs, o.outputs, o.builtinOptionsType, o.builtinOptions = i, ins, outs, kind, options
            g.operators.append(o)
        g.tensors, g.inputs, g.outputs = self.tensors, self.inputs, [self.last]
        builder = flatbuffers.Builder(1024)
        builder.Finish(m.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def run(self, x):
        runtime = Interpreter(model_content=self.content(), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        runtime.allocate_tensors()
        a, b = runtime.get_input_details()[0]["index"], runtime.get_output_details()[0]["index"]
        rows = []
        for row in x:
            runtime.set_tensor(a, row.reshape(self.tensors[self.inputs[0]].shape))
            runtime.invoke()
            rows.append(runtime.get_tensor(b).ravel().copy())
        return np.array(rows)


def multiplier(real):
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    q = int(math.floor(fraction * (1 << 31) + 0.5))
    if q == 1 << 31:
        q, shift = q // 2, shift + 1
    return q, shift


def single_rounding(x, q, shift):
    total = 31 - shift
    return (x * q + (1 << (total - 1))) >> total


def double_rounding(x, q, shift):
    left, right = max(shift, 0), max(-shift, 0)
    high = ((x << left) * q + (1 << 30)) >> 31
    mask = (1 << right) - 1
    threshold = (mask >> 1) + (high < 0)
    return (high >> right) + ((high & mask) > threshold)


def steps(real, scale):
    """The runtime's quantisation of the end of a clamp: a quotient in f32, halves away from 0."""
    q = float(np.float32(real) / np.float32(scale))
    return int(math.copysign(math.floor(abs(q) + 0.5), q))


def ends(clamp, scale, zero):
    low, high = -128, 127
    if CLAMPS[clamp] in ("relu", "relu6"):
        low = max(low, zero)
    if CLAMPS[clamp] == "relu6":
        high = min(high, zero + steps(6, scale))
    if CLAMPS[clamp] == "unit":
        low, high = max(low, zero + steps(-1, scale)), min(high, zero + steps(1, scale))
    return low, high


def by_formula(rounding, x, x_scale, x_zero, weights, biases, scales, clamp, scale, zero):
    sums = (x.astype(np.int64) - x_zero) @ weights.T.astype(np.int64) + biases
    real = [float(np.float64(x_scale) * np.float64(w) / np.float64(scale)) for w in np.broadcast_to(scales, (len(biases),))]
    low, high = ends(clamp, scale, zero)
    y = np.zeros(sums.shape, np.int8)
    for o, r in enumerate(real):
        q, shift = multiplier(r)
        v = np.array(rounding(sums[:, o].astype(object), q, shift)) + zero
        y[:, o] = np.clip(v.astype(np.int64), low, high)
    return y


def text(number):
    return str(np.float32(number))


def layer(random, outputs, channels, span):
    """The scales of a layer whose outputs use most of their range."""
    scales = [random.real(span / 2, span) for _ in range(outputs if channels else 1)]
    return scales, random.real(0.02, 0.2), random.integer(-128, 127)


def dense(out):
    seed = 0
    for channels in (False, True):
        for inputs, outputs in ((64, 32), (32, 10), (7, 3), (784, 20), (1, 1), (5, 9)):
            for clamp in range(len(CLAMPS)):
                seed += 1
                random = Random(seed)
                weights, biases = random.weights(outputs, inputs), random.biases(outputs)
                x_scale, x_zero = random.real(0.002, 0.05), random.integer(-128, 127)
                scales, scale, zero = layer(random, outputs, channels, 0.01)
                x = random.bytes(VECTORS // len(CLAMPS), inputs)
                model = Model(inputs, x_scale, x_zero)
                model.dense(weights, biases, scales, clamp, scale, zero)
                y = model.run(x)
                formula = x_scale, x_zero, weights, biases, scales, clamp, scale, zero
                assert (by_formula(single_rounding, x, *formula) == y).all()
                twice = by_formula(double_rounding, x, *formula)
                hashes = Hash(), Hash()
                hashes[0].add(y)
                hashes[1].add(twice)
                print("dense", seed, inputs, outputs, CLAMPS[clamp], len(x), text(x_scale), x_zero, ",".join(map(text, scales)),
                      text(scale), zero, *hashes, int((twice != y).sum()), file=out)


def activations(out):
    seed = 500
    for name in ("sigmoid", "tanh", "softmax"):
        for size in (256, 256, 256, 256) if name != "softmax" else (2, 3, 10, 16, 100, 511):
            for _ in range(12):
                seed += 1
                random = Random(seed)
                x_scale, x_zero = random.real(0.001, 0.4), random.integer(-128, 127)
                x = random.bytes(240, size)
                model = Model(size, x_scale, x_zero)
                model.activation(name, size)
                h = Hash()
                h.add(model.run(x))
                print(name, seed, size, len(x), text(x_scale), x_zero, h, file=out)


NETWORKS = [
    ("digits", [(64, 32, "relu", None), (32, 10, "none", "softmax")]),
    ("deep", [(20, 16, "none", "sigmoid"), (16, 8, "none", "tanh"), (8, 3, "none", "sigmoid")]),
    ("wide", [(128, 40, "relu6", None), (40, 12, "unit", None), (12, 128, "none", None)]),
]


def networks(out):
    for seed, (name, layers) in enumerate(NETWORKS, 1000):
        random = Random(seed)
        x_scale, x_zero = random.real(0.002, 0.05), random.integer(-128, 127)
        model = Model(layers[0][0], x_scale, x_zero)
        fields = []
        for inputs, outputs, clamp, activation in layers:
            weights, biases = random.weights(outputs, inputs), random.biases(outputs)
            scales, scale, zero = layer(random, outputs, True, 0.01)
            model.dense(weights, biases, scales, CLAMPS.index(clamp), scale, zero)
            if activation:
                model.activation(activation, outputs)
            fields += [",".join(map(text, scales)), text(scale), zero]
        x = random.bytes(10000, layers[0][0])
        y = model.run(x)
        (FOLDER / f"{name}.tflite").write_bytes(model.content())
        h = Hash()
        h.add(y)
        print("network", name, seed, len(x), text(x_scale), x_zero, *fields, h, len(np.unique(y)), file=out)


def mixed(out):
    """What the other networks have not: one scale for all weights, no biases, and activations and shapes as operators."""
    random = Random(2000)
    model = Model((1, 4, 6), np.float32(0.02), -5)
    model.reshape(24, np.float32(0.02), -5)

    def then(inputs, outputs, channels, has_biases, scale, zero):
        weights = random.weights(outputs, inputs)
        biases = random.biases(outputs) if has_biases else None
        scales = [random.real(0.005, 0.01) for _ in range(outputs if channels else 1)]
        model.dense(weights, biases, scales, 0, np.float32(scale), zero)

    then(24, 20, False, True, 0.15, 10)
    # A factor of 1/4, where two roundings differ from one.
    model.then(s.BuiltinOperator.RELU, 2, [], 20, np.float32(0.6), -128)
    then(20, 12, True, False, 0.06, -20)
    model.then(s.BuiltinOperator.RELU6, 2, [], 12, np.float32(0.06), -20)
    then(12, 9, False, True, 0.05, 7)
    model.activation("sigmoid", 9)
    then(9, 6, True, True, 0.03, 1)
    model.activation("tanh", 6)
    then(6, 5, True, True, 0.04, -1)
    model.activation("softmax", 5)
    (FOLDER / "mixed.tflite").write_bytes(model.content())
    x = Random(2001).bytes(10000, 24)
    y = model.run(x)
    h = Hash()
    h.add(y)
    print("mixed", 2001, len(x), h, len(np.unique(y)), file=out)


def small():
    """A network of few numbers, for a fuzzer to edit."""
    random = Random(4000)
    model = Model(2, np.float32(0.02), 3)
    model.dense(random.weights(3, 2), random.biases(3), [np.float32(0.01 + 0.001 * o) for o in range(3)], 0, np.float32(0.5), 2)
    model.activation("tanh", 3)
    model.dense(random.weights(2, 3), random.biases(2), [np.float32(0.01)], 1, np.float32(0.3), -9)
    model.activation("softmax", 2)
    (FOLDER / "small.tflite").write_bytes(model.content())


def real():
    """The network `digits` for real numbers: what the converter writes unless it is told otherwise."""
    model = Model(64, None, 0)
    name, layers = NETWORKS[0]
    random = Random(1000)
    x_scale, x_zero = random.real(0.002, 0.05), random.integer(-128, 127)
    model.then(s.BuiltinOperator.QUANTIZE, 1, [], 64, x_scale, x_zero)
    for inputs, outputs, clamp, activation in layers:
        weights, biases = random.weights(outputs, inputs), random.biases(outputs)
        scales, scale, zero = layer(random, outputs, True, 0.01)
        model.dense(weights, biases, scales, CLAMPS.index(clamp), scale, zero)
    model.activation(activation, outputs)
    model.then(s.BuiltinOperator.DEQUANTIZE, 2, [], 10, None, 0)
    (FOLDER / "real.tflite").write_bytes(model.content())


def refused():
    """Networks with one thing that the crate can't do."""
    folder = FOLDER / "refused"
    folder.mkdir(exist_ok=True)
    operators, options = s.BuiltinOperator, s.BuiltinOptions
    small = np.float32(0.02)

    def write(name, model):
        (folder / f"{name}.tflite").write_bytes(model.content())

    def model(inputs=4, outputs=3, **changes):
        """A dense layer."""
        model = Model(inputs, small, 0, **changes)
        then(model, inputs, outputs)
        return model

    def then(model, inputs, outputs, scales=(0.01,)):
        random = Random(3000)
        model.dense(random.weights(outputs, inputs), random.biases(outputs), [np.float32(w) for w in scales], 0, small, 0)

    conv = Model((1, 4, 4, 1), small, 0)
    how = s.Conv2DOptionsT()
    how.strideH = how.strideW = 1
    w = conv.constant(Random(1).weights(2, 3, 3, 1), s.TensorType.INT8, [small] * 2)
    b = conv.constant(Random(2).biases(2), s.TensorType.INT32, [small * small] * 2)
    conv.then(operators.CONV_2D, 3, [w, b], (1, 4, 4, 2), small, 0, options.Conv2DOptions, how)
    write("convolution", conv)

    real = Model(4, None, 0)
    w = real.constant(np.ones((3, 4), np.float32), s.TensorType.FLOAT32, [])
    real.then(operators.FULLY_CONNECTED, 1, [w, -1], 3, None, 0, options.FullyConnectedOptions, s.FullyConnectedOptionsT())
    write("real", real)

    wide = Model(4, small, 0)
    wide.kind = wide.tensors[0].type = s.TensorType.INT16
    w = wide.constant(Random(1).weights(3, 4), s.TensorType.INT8, [small])
    b = wide.constant(np.zeros(3, np.int64), s.TensorType.INT64, [small * small])
    wide.then(operators.FULLY_CONNECTED, 4, [w, b], 3, small, 0, options.FullyConnectedOptions, s.FullyConnectedOptionsT())
    write("int16", wide)

    unsigned = model()
    for t in unsigned.tensors:
        if t.type == s.TensorType.INT8:
            t.type = s.TensorType.UINT8
    write("uint8", unsigned)

    add = model(4, 4)
    add.then(operators.ADD, 2, [0], 4, small, 0, options.AddOptions, s.AddOptionsT())
    write("add", add)

    beta = model()
    how = s.SoftmaxOptionsT()
    how.beta = 2.0
    beta.then(operators.SOFTMAX, 2, [], 3, 1 / 256, -128, options.SoftmaxOptions, how)
    write("beta", beta)

    sigmoid = model()
    sigmoid.then(operators.LOGISTIC, 2, [], 3, 1 / 128, 0)
    write("sigmoid_scale", sigmoid)

    fused = model()
    fused.operators[0][5].fusedActivationFunction = s.ActivationFunctionType.TANH
    write("fused_tanh", fused)

    zero = model()
    zero.tensors[1].quantization.zeroPoint = [3]
    write("weight_zero_point", zero)

    axis = Model(4, small, 0)
    then(axis, 4, 3, scales=[0.01] * 4)
    axis.tensors[1].quantization.quantizedDimension = 1
    write("scales_of_inputs", axis)

    write("batch", model(rows=2))

    inputs = model()
    inputs.inputs = [0, inputs.values(4, small, 0)]
    write("two_inputs", inputs)

    branch = model(4, 4)
    first = branch.last
    branch.last = 0
    then(branch, 4, 3)
    branch.inputs = [0]
    write("branch", branch)

    early = model(4, 4)
    then(early, 4, 3)
    early.last = first
    write("early_output", early)

    custom = model()
    custom.then(operators.CUSTOM, 1, [], 3, small, 0)
    write("custom", custom)

    bias = model()
    bias.tensors[2].quantization.scale = [1.0]
    write("bias_scale", bias)

    unquantized = model()
    unquantized.tensors[unquantized.last].quantization = None
    write("no_scale", unquantized)

    softmax = Model(512, small, 0)
    softmax.activation("softmax", 512)
    write("wide_softmax", softmax)


if __name__ == "__main__":
    with open(FOLDER / "reference.txt", "w") as out:
        dense(out)
        activations(out)
        networks(out)
        mixed(out)
    small()
    real()
    refused()
