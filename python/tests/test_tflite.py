"""int8 models of TFLite, as files of the crate. tests/data/quantized/generate.py writes the models."""

import json
import struct

import numpy as np
import pytest

import downhill
from helpers import DATA

tflite = pytest.importorskip("tflite", reason="tflite is not installed")

FOLDER = DATA / "quantized"


def contents(path):
    """The tensors and the metadata of a file, read without a package."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    kinds = {"F32": "<f4", "I32": "<i4", "I8": "<i1"}
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(data[start:end], kinds[entry["dtype"]]).reshape(entry["shape"])
    return tensors, metadata


@pytest.mark.parametrize("name", ["digits", "deep", "wide", "mixed", "small"])
def test_the_files_of_the_crate_s_tests(tmp_path, name):
    """tests/quantized_import.rs shows that these give the outputs of TFLite's runtime."""
    path = tmp_path / "net.safetensors"
    exported = downhill.convert_tflite(FOLDER / f"{name}.tflite", path)
    assert path.read_bytes() == (FOLDER / f"{name}.safetensors").read_bytes()
    tensors, metadata = contents(path)
    assert tensors.keys() == exported.tensors.keys()
    assert metadata == {"downhill": "1", "network": exported.rust_type, "architecture": exported.architecture}
    safetensors = pytest.importorskip("safetensors.numpy")
    for tensor_name, tensor in safetensors.load_file(path).items():
        assert np.array_equal(tensor, tensors[tensor_name])


def test_what_is_printed(tmp_path, capsys):
    exported = downhill.convert_tflite(str(FOLDER / "digits.tflite"), tmp_path / "net.safetensors")
    assert capsys.readouterr().out == exported.code + "\n"
    assert exported.code == (
        "use downhill::quantized::{self, Dense, Softmax};\n\n"
        "type Network = quantized::Network<(Dense<64, 32>, Dense<32, 10>, Softmax<10>)>;"
    )
    assert exported.parameters == 64 * 32 + 32 + 32 * 10 + 10
    assert exported.dtype == "i8"


def test_models_for_real_numbers(tmp_path):
    """QUANTIZE and DEQUANTIZE at the ends are what the crate's network does."""
    path = tmp_path / "net.safetensors"
    downhill.convert_tflite((FOLDER / "real.tflite").read_bytes(), path)
    assert path.read_bytes() == (FOLDER / "digits.safetensors").read_bytes()


def test_two_roundings(tmp_path):
    path = tmp_path / "net.safetensors"
    exported = downhill.convert_tflite(FOLDER / "mixed.tflite", path, rounding="double")
    assert "Dense<24, 20, PerTensor, Double>, Table<20>, Dense<20, 12, PerChannel, Double>" in exported.rust_type
    single, double = contents(FOLDER / "mixed.safetensors"), contents(path)
    assert single[1]["architecture"] != double[1]["architecture"]
    assert all(np.array_equal(tensor, double[0][name]) for name, tensor in single[0].items())
    with pytest.raises(ValueError, match="rounding is"):
        downhill.convert_tflite(FOLDER / "mixed.tflite", path, rounding="up")


def test_tensors(tmp_path):
    tensors = downhill.convert_tflite(FOLDER / "mixed.tflite", tmp_path / "net.safetensors").tensors
    assert tensors["0.0.scale"].shape == (1,) and tensors["0.2.scale"].shape == (12,)
    # Without biases in the model, and RELU6 as an operator of its own that changes no scale.
    assert not tensors["0.2.bias"].any() and tensors["0.2.bias"].dtype == np.int32
    assert [tensors[f"0.{place}.clamp"].tolist() for place in (0, 2, 3)] == [[0], [2], [0]]
    assert (tensors["0.2.output.scale"][0], tensors["0.2.output.zero_point"][0]) == (np.float32(0.06), -20)
    # RELU with other scales: a table with a factor of 0.15 / 0.6, after the zero point.
    table = tensors["0.1.table"].tolist()
    assert table[: 128 + 11] == [-128] * (128 + 11) and table[128 + 10 + 7] == -128 + 2
    # 117 / 4 = 29.25 is rounded to 29.5, and that to 30.
    assert table[-1] == -128 + 30
    sigmoid = tensors["0.4.table"].tolist()
    assert sigmoid[128 + 7] == 0 and sigmoid == sorted(sigmoid)
    assert not any(name.startswith("1.") for name in tensors)


REFUSED = {
    "add": r"operator 1 \(ADD\): the crate has no such layer",
    "batch": r"operator 0 \(FULLY_CONNECTED\): values of shape \(2, 4\): one sample at a time",
    "beta": r"operator 1 \(SOFTMAX\): beta=2\.0",
    "bias_scale": r"operator 0 \(FULLY_CONNECTED\): biases with other scales",
    "branch": r"operator 1 \(FULLY_CONNECTED\): its input is not the output of the operator before",
    "convolution": r"operator 0 \(CONV_2D\): the crate has no such layer",
    "custom": r"operator 1 \(CUSTOM\): the crate has no such layer",
    "early_output": "the model: its output is not that of the last operator",
    "fused_tanh": r"operator 0 \(FULLY_CONNECTED\): the fused activation TANH",
    "int16": r"operator 0 \(FULLY_CONNECTED\): values of type INT16, where INT8",
    "no_scale": r"operator 0 \(FULLY_CONNECTED\): values without scales",
    "real": r"operator 0 \(FULLY_CONNECTED\): values of type FLOAT32, where INT8",
    "scales_of_inputs": r"operator 0 \(FULLY_CONNECTED\): weights with scales of dimension 1",
    "sigmoid_scale": r"operator 1 \(LOGISTIC\): outputs with the scale 0\.0078125 and the zero point 0",
    "two_inputs": "the model: it has 2 inputs",
    "uint8": r"operator 0 \(FULLY_CONNECTED\): values of type UINT8, where INT8",
    "weight_zero_point": r"operator 0 \(FULLY_CONNECTED\): weights with zero points other than 0",
    "wide_softmax": r"operator 0 \(SOFTMAX\): of shape \(1, 512\): from 2 to 511",
}


@pytest.mark.parametrize("name", sorted(path.stem for path in (FOLDER / "refused").glob("*.tflite")))
def test_refusals_name_the_operator(tmp_path, name):
    path = tmp_path / "net.safetensors"
    with pytest.raises(downhill.Unsupported, match=REFUSED[name]) as error:
        downhill.convert_tflite(FOLDER / "refused" / f"{name}.tflite", path)
    assert "Supported: one chain of FULLY_CONNECTED" in str(error.value)
    assert not path.exists()


def test_damaged_files(tmp_path):
    """Each is refused with an error of this package, or read as some model; nothing else is raised."""
    path = tmp_path / "net.safetensors"
    right = (FOLDER / "deep.tflite").read_bytes()
    with pytest.raises(downhill.Unsupported, match="does not have the identifier TFL3"):
        downhill.convert_tflite(b"", path)
    refused, random = 0, np.random.default_rng(1)
    for round in range(400):
        data = bytearray(right)
        if round % 4 == 0:
            del data[random.integers(8, len(data)) :]
        else:
            for at in random.integers(8, len(data), 1 + round % 20):
                data[at] = random.integers(256)
        try:
            downhill.convert_tflite(data, path)
        except downhill.Unsupported:
            refused += 1
    assert refused > 200
