"""TFLite: files of int8 models, read by the package `tflite`."""

import math

import numpy as np
import tflite

from .errors import Unsupported
from .quantized import CLAMPS, Dense, Softmax, Table, Values

SUPPORTED = (
    "one chain of FULLY_CONNECTED, with fused NONE, RELU, RELU6 or RELU_N1_TO_1, RELU, RELU6, LOGISTIC, TANH, SOFTMAX and "
    "RESHAPE, all of int8, and QUANTIZE first and DEQUANTIZE last"
)
# Scales of values that the crate can represent.
LEAST, MOST = 2.0**-29, 2.0**31


def describe(data):
    """How inputs are quantised, and the layers of the crate; or `Unsupported`."""
    if data[4:8] != b"TFL3":
        raise Unsupported("this is not a TFLite file: it does not have the identifier TFL3")
    try:
        return _Reader(data).read()
    except Unsupported:
        raise
    except Exception as error:
        # The package does not check what offsets refer to.
        raise Unsupported(f"this is not a TFLite file, or a damaged one: {type(error).__name__}: {error}") from None


def _names(kind):
    return {value: name for name, value in vars(kind).items() if isinstance(value, int)}


OPERATORS, TYPES, ACTIVATIONS = map(_names, (tflite.BuiltinOperator, tflite.TensorType, tflite.ActivationFunctionType))


class _Reader:
    """Follows the operators of a model from its input to its output."""

    def __init__(self, data):
        self.model = tflite.Model.GetRootAs(data, 0)
        self.where = "the model"
        self.layers = []

    def unsupported(self, reason):
        return Unsupported(f"{self.where}: {reason}. Supported: {SUPPORTED}")

    def read(self):
        if self.model.SubgraphsLength() != 1:
            raise self.unsupported(f"it has {self.model.SubgraphsLength()} graphs, where it must have one")
        self.graph = graph = self.model.Subgraphs(0)
        for count, what in ((graph.InputsLength(), "inputs"), (graph.OutputsLength(), "outputs")):
            if count != 1:
                raise self.unsupported(f"it has {count} {what}, where it must have one")
        self.now = graph.Inputs(0)
        x = None
        count = graph.OperatorsLength()
        for index in range(count):
            operator = graph.Operators(index)
            name = self.name(operator)
            self.where = f"operator {index} ({name})"
            if operator.InputsLength() < 1 or operator.OutputsLength() != 1 or operator.Inputs(0) != self.now:
                raise self.unsupported("its input is not the output of the operator before, or there are several outputs")
            y = operator.Outputs(0)
            is_real = self.tensor(self.now).Type() == tflite.TensorType.FLOAT32
            if name == "QUANTIZE" and index == 0 and is_real:
                x = self.values(y)
            elif name == "DEQUANTIZE" and index == count - 1 and index > 0:
                self.values(self.now)
            else:
                x = x or self.values(self.now)
                self.add(name, operator, y)
            if self.width(y) != self.width(self.now) and name != "FULLY_CONNECTED":
                raise self.unsupported(f"{self.width(self.now)} values come in, and {self.width(y)} go out")
            self.now = y
        self.where = "the model"
        if self.now != graph.Outputs(0):
            raise self.unsupported("its output is not that of the last operator")
        if not self.layers:
            raise self.unsupported("it has no layers")
        return x, self.layers

    def name(self, operator):
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        # Files of older versions have the first, those of newer ones both.
        number = max(code.DeprecatedBuiltinCode(), code.BuiltinCode())
        name = OPERATORS.get(number, f"number {number}")
        custom = code.CustomCode()
        return f"{name} {custom.decode(errors='replace')}" if name == "CUSTOM" and custom else name

    def tensor(self, index):
        if not 0 <= index < self.graph.TensorsLength():
            raise self.unsupported(f"there is no tensor {index}")
        return self.graph.Tensors(index)

    def shape(self, index):
        tensor = self.tensor(index)
        return [tensor.Shape(axis) for axis in range(tensor.ShapeLength())]

    def width(self, index):
        """How many values a tensor of one sample has."""
        shape = self.shape(index)
        if len(shape) > 1 and shape[0] != 1:
            raise self.unsupported(f"values of shape {tuple(shape)}: one sample at a time is possible")
        if not shape or min(shape) < 1:
            raise self.unsupported(f"values of shape {tuple(shape)}")
        return math.prod(shape)

    def check_type(self, index, expected, what):
        found = TYPES.get(self.tensor(index).Type(), "unknown")
        if found != expected:
            raise self.unsupported(f"{what} of type {found}, where {expected} is possible")

    def scales(self, index, what):
        """The scales and zero points of a tensor."""
        quantization = self.tensor(index).Quantization()
        count = 0 if quantization is None else quantization.ScaleLength()
        if not count or quantization.ZeroPointLength() not in (0, count):
            raise self.unsupported(f"{what} without scales")
        scales = np.array([quantization.Scale(at) for at in range(count)], np.float32)
        zeros = [quantization.ZeroPoint(at) for at in range(quantization.ZeroPointLength())] or [0] * count
        if not (np.isfinite(scales) & (scales > 0)).all():
            raise self.unsupported(f"{what} with a scale that is not positive")
        if count > 1 and quantization.QuantizedDimension() != 0:
            raise self.unsupported(f"{what} with scales of dimension {quantization.QuantizedDimension()}")
        return scales, zeros

    def values(self, index):
        """How the values between two operators are quantised."""
        self.check_type(index, "INT8", "values")
        scales, zeros = self.scales(index, "values")
        if len(scales) != 1 or not LEAST <= scales[0] <= MOST or not -128 <= zeros[0] <= 127:
            raise self.unsupported(f"values with the scales {scales.tolist()} and the zero points {zeros}")
        return Values(scales[0], zeros[0])

    def constant(self, index, number, what):
        """The numbers of a tensor that the file has."""
        self.check_type(index, number.upper(), what)
        tensor = self.tensor(index)
        if tensor.Sparsity() is not None:
            raise self.unsupported(f"{what} that are sparse")
        shape, data = self.shape(index), self.model.Buffers(tensor.Buffer())
        if data.DataLength() != math.prod(shape) * np.dtype(number).itemsize or not data.DataLength():
            raise self.unsupported(f"{what} that the file does not have")
        return data.DataAsNumpy().view(np.dtype(number).newbyteorder("<")).reshape(shape).astype(number)

    def add(self, name, operator, y):
        if name == "FULLY_CONNECTED":
            return self.dense(operator, self.values(self.now), self.values(y))
        if name not in ("RELU", "RELU6", "LOGISTIC", "TANH", "SOFTMAX", "RESHAPE"):
            reason = "the crate has no such layer of integers"
            if name in ("QUANTIZE", "DEQUANTIZE"):
                reason = "possible as the first operator, from real numbers, or the last one, to real numbers"
            raise self.unsupported(reason)
        x, y = self.values(self.now), self.values(y)
        width = self.width(self.now)
        if name == "RESHAPE":
            if x != y:
                raise self.unsupported("its inputs and outputs are quantised otherwise")
        elif name in ("RELU", "RELU6"):
            last = self.layers[-1] if self.layers else None
            if x == y and isinstance(last, Dense) and CLAMPS[last.clamp] == "NONE":
                last.clamp = CLAMPS.index(name)
            else:
                self.layers.append(Table(width, _relu(x, y, 6 if name == "RELU6" else math.inf), y))
        elif name == "SOFTMAX":
            options = self.options(operator, tflite.BuiltinOptions.SoftmaxOptions, tflite.SoftmaxOptions())
            beta = 1.0 if options is None else options.Beta()
            if beta != 1:
                raise self.unsupported(f"beta={beta}")
            if self.shape(self.now)[-1] != width or not 1 < width < 512:
                raise self.unsupported(f"of shape {tuple(self.shape(self.now))}: from 2 to 511 values are possible")
            self.check_outputs(y, 1 / 256, -128)
            self.layers.append(Softmax(width))
        else:
            self.check_outputs(y, *((1 / 256, -128) if name == "LOGISTIC" else (1 / 128, 0)))
            self.layers.append(Table(width, _table(name, x), y))

    def check_outputs(self, y, scale, zero_point):
        if y != Values(np.float32(scale), zero_point):
            raise self.unsupported(f"outputs with the scale {y.scale} and the zero point {y.zero_point}")

    def options(self, operator, kind, options):
        table = operator.BuiltinOptions()
        if table is None or operator.BuiltinOptionsType() != kind:
            return None
        options.Init(table.Bytes, table.Pos)
        return options

    def dense(self, operator, x, y):
        options = self.options(operator, tflite.BuiltinOptions.FullyConnectedOptions, tflite.FullyConnectedOptions())
        fused = 0 if options is None else options.FusedActivationFunction()
        fused = ACTIVATIONS.get(fused, f"number {fused}")
        if fused not in CLAMPS:
            raise self.unsupported(f"the fused activation {fused}")
        if options is not None and options.WeightsFormat() != 0:
            raise self.unsupported("weights in another order")
        if operator.InputsLength() not in (2, 3):
            raise self.unsupported(f"{operator.InputsLength()} inputs")
        index = operator.Inputs(1)
        weights = self.constant(index, "int8", "weights")
        scales, zeros = self.scales(index, "weights")
        if weights.ndim != 2 or len(scales) not in (1, len(weights)):
            raise self.unsupported(f"weights of shape {weights.shape} with {len(scales)} scales")
        if any(zeros):
            raise self.unsupported("weights with zero points other than 0")
        outputs, inputs = weights.shape
        if self.width(self.now) != inputs or self.width(operator.Outputs(0)) != outputs:
            raise self.unsupported(f"weights of shape {weights.shape} for values of shape {tuple(self.shape(self.now))}")
        if inputs >= 1 << 16:
            raise self.unsupported(f"{inputs} inputs: fewer than 65,536 are possible")
        factors = np.float64(x.scale) * scales.astype(np.float64) / np.float64(y.scale)
        if factors.max() >= 2.0**30:
            raise self.unsupported("the factor from sums to outputs is 2^30 or more")
        biases = np.zeros(outputs, np.int32)
        if operator.InputsLength() == 3 and operator.Inputs(2) >= 0:
            biases = self.biases(operator.Inputs(2), outputs, x, scales, y)
        # With inputs from -128 to 127 less the zero point, whatever the order of the sum.
        largest = np.abs(biases.astype(np.int64)) + 256 * np.abs(weights.astype(np.int64)).sum(1)
        if largest.max() >= 1 << 31:
            raise self.unsupported("sums of more than 32 bits")
        self.layers.append(Dense(weights, biases, scales, CLAMPS.index(fused), y))

    def biases(self, index, outputs, x, scales, y):
        biases = self.constant(index, "int32", "biases")
        if biases.shape != (outputs,):
            raise self.unsupported(f"biases of shape {biases.shape} for {outputs} outputs")
        quantization = self.tensor(index).Quantization()
        if quantization is not None and quantization.ScaleLength() in (1, outputs):
            found = [quantization.Scale(at) for at in range(quantization.ScaleLength())]
            # As the runtime checks it.
            differences = np.abs(np.float64(x.scale) * scales.astype(np.float64) - np.array(found))
            if differences.max() > 0.02 * y.scale:
                raise self.unsupported("biases with other scales than the product of those of inputs and weights")
        return biases


def _nearest(z):
    """Integers, halves away from 0."""
    return np.copysign(np.floor(np.abs(z) + 0.5), z)


def _table(name, x):
    """Outputs of the runtime for all inputs: it computes the sigmoid in f32, and a hyperbolic tangent that is as good as exact."""
    steps = np.arange(-128, 128)
    if name == "TANH":
        y = _nearest(np.tanh(np.float64(x.scale) * (steps - x.zero_point)) * 128)
    else:
        real = np.float32(x.scale) * (steps - x.zero_point).astype(np.float32)
        with np.errstate(over="ignore"):
            # By way of f64, which rounds to the nearest f32 whatever the machine.
            power = np.exp(-real.astype(np.float64)).astype(np.float32)
        y = _nearest((np.float32(1) / (np.float32(1) + power) * np.float32(256)).astype(np.float64)) - 128
    return np.clip(y, -128, 127).astype(np.int8)


def _relu(x, y, top):
    """Outputs of the runtime for all inputs. It rounds twice here, unlike in dense layers."""
    fraction, shift = math.frexp(float(np.float32(x.scale) / np.float32(y.scale)))
    mantissa = math.floor(fraction * 2**31 + 0.5)
    if mantissa == 1 << 31:
        mantissa, shift = mantissa // 2, shift + 1
    left, right = max(shift, 0), max(-shift, 0)
    mask = (1 << right) - 1

    def times(steps):
        high = ((steps << left) * mantissa + (1 << 30)) >> 31
        return (high >> right) + ((high & mask) > (mask >> 1) + (high < 0))

    high = 127
    if top != math.inf:
        high = min(127, y.zero_point + int(_nearest(float(np.float32(top) / np.float32(y.scale)))))
    found = [times(q - x.zero_point) + y.zero_point for q in range(-128, 128)]
    return np.clip(found, max(-128, y.zero_point), high).astype(np.int8)
