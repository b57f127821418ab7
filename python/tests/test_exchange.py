"""Exchange files: those of tests/data/exchange, which the crate imports as well."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import downhill
from downhill.exchange import serialize
from helpers import DATA, contents, replay

EXCHANGE = DATA / "exchange"
WRONG = EXCHANGE / "wrong"
TYPES = {
    "digits": "(Dense<64, 32, Relu>, Dense<32, 10, Softmax>)",
    "iris": "(Dense<4, 7, Tanh>, Dense<7, 3, Softmax>)",
    "keras": "(Dense<6, 12, Relu>, Dropout<12, Ratio<1, 10>>, Dense<12, 5, Tanh>, Dense<5, 3, Softmax>)",
    "regression": "(Dense<2, 6, Tanh, Biased, f64>, Dense<6, 2, Identity, Biased, f64>)",
    "torch": "(Dense<5, 8, LeakyRelu>, Dropout<8, Ratio<1, 4>>, Dense<8, 3, Sigmoid, Unbiased>)",
}


@pytest.mark.parametrize("name", TYPES)
def test_the_files_of_the_crates_tests(name):
    path = EXCHANGE / f"{name}.safetensors"
    network = downhill.read(path)
    assert network.rust_type == TYPES[name]
    computed, expected = replay(path)
    tolerance = 1e-12 if "f64" in TYPES[name] else 1e-6
    np.testing.assert_allclose(computed, expected, rtol=tolerance, atol=tolerance)
    tensors, metadata = contents(path)
    assert network.architecture == metadata["architecture"]
    assert set(network) == {tensor for tensor in tensors if tensor[0].isdigit()}
    for tensor, array in network.items():
        assert array.tobytes() == tensors[tensor].tobytes() and array.dtype == tensors[tensor].dtype
    inputs, outputs = network.references
    assert np.array_equal(inputs, tensors["reference.inputs"]) and np.array_equal(outputs, expected)
    assert (network.standardizer is not None) == (name == "iris")
    assert path.stat().st_size < 16_000


def test_the_wrong_files_are_those_of_the_script(tmp_path):
    script = runpy.run_path(str(Path(__file__).resolve().parent.parent / "fixtures.py"))
    script["wrong"](tmp_path)
    names = sorted(path.name for path in WRONG.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        assert (tmp_path / name).read_bytes() == (WRONG / name).read_bytes(), name


def test_the_right_one_among_the_wrong():
    path = WRONG / "right.safetensors"
    computed, expected = replay(path)
    np.testing.assert_allclose(computed, expected, rtol=0, atol=1e-6)
    assert downhill.read(path).standardizer is None


@pytest.mark.parametrize(
    "name, reason",
    [
        ("f16", r"\w+ is F16"),
        ("truncated_header", "not a safetensors file"),
        ("truncated_data", "not a safetensors file"),
        ("header_length", "not a safetensors file"),
        ("overlapping", "not a safetensors file"),
        ("newer_version", "version 2"),
        ("no_metadata", "no `downhill`"),
    ],
)
def test_files_that_cannot_be_read(name, reason):
    with pytest.raises(downhill.ExchangeError, match=f"{name}.safetensors.*{reason}"):
        downhill.read(WRONG / f"{name}.safetensors")


def test_two_number_types(tmp_path):
    tensors = {"0.weight": np.ones((2, 2), np.float32), "0.bias": np.ones(2)}
    (tmp_path / "mixed.safetensors").write_bytes(serialize(tensors, {"downhill": "1"}))
    with pytest.raises(downhill.ExchangeError, match="all tensors must be F32, or all F64"):
        downhill.read(tmp_path / "mixed.safetensors")


def test_what_is_written_is_what_the_safetensors_package_reads(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    tensors = {"b": np.arange(6.0).reshape(2, 3), "a": np.array([1e300]), "ä \" \\": np.zeros((0, 3))}
    data = serialize(tensors, {"downhill": "1", "network": "(Dense<1, 1>,)"})
    assert (8 + int.from_bytes(data[:8], "little")) % 8 == 0
    loaded = safetensors.load(data)
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype and np.array_equal(loaded[name], tensor)
