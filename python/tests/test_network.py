"""Types, places and fingerprints. The fingerprints are those that the crate prints for these types."""

import numpy as np
import pytest

from downhill.network import Network

TANH = ("Dense", 2, 2, "Tanh")

PINNED = [
    ("bc7952e0af3b6352", "f32", "(Dense<4, 7, Tanh>, Dense<7, 3, Softmax>)"),
    ("a7414f700393a77e", "f32", "(Dense<64, 32, Relu>, Dropout<32, Ratio<1, 4>>, Dense<32, 10, Softmax>)"),
    ("a83af6eff5975ae6", "f32", "(Dense<64, 32, Sigmoid>, Dense<32, 10, Softmax>)"),
    ("719c774e4d6c3a15", "f64", "(Dense<2, 6, Tanh, Biased, f64>, Dense<6, 2, Identity, Biased, f64>)"),
    ("190cc34ff5512bf2", "f32", "(Dense<5, 8, LeakyRelu>, Dropout<8, Ratio<1, 4>>, Dense<8, 3, Sigmoid, Unbiased>)"),
    ("1a83348c24d2f46b", "f64", "(Dense<3, 1, Sigmoid, Unbiased, f64>,)"),
    ("90c7f5f5ccde9506", "f32", "(Dense<3, 4, Tanh>, Dense<4, 2, Identity>)"),
    ("c5eade0fdfd50d6b", "f32", "(Dense<3, 4, Relu>, Dense<4, 2, Identity>)"),
    (
        "aafa17abd08ec98e",
        "f32",
        f"(({'Dense<2, 2, Tanh>, ' * 7}Dropout<2, Ratio<1, 10>>), (Dense<2, 3, Relu>, Dense<3, 1, Identity>))",
    ),
    (
        "f014b902f09a9597",
        "f32",
        f"((Dropout<2, Ratio<0, 1>>{', Dense<2, 2, Tanh>' * 7}), (Dense<2, 3, Relu>,))",
    ),
    (
        "623c11494b62354f",
        "f64",
        "(Dropout<3, Ratio<1, 10, f64>>, Dense<3, 2, Tanh, Biased, f64>, Dropout<2, f64>)",
    ),
    ("53730a5d4f66f6cb", "f32", "(Dense<3, 2, Sigmoid>, Dropout<2>)"),
]


def build(*layers):
    network = Network("nothing")
    for index, (kind, *arguments) in enumerate(layers):
        where = f"layer {index}"
        if kind == "Dropout":
            network.dropout(where, *arguments)
        else:
            inputs, outputs, activation = arguments
            bias = np.zeros(outputs) if kind == "Dense" else None
            network.dense(where, np.zeros((inputs, outputs)), bias, None)
            network.activation(where, activation)
    network.finish("network")
    return network


NETWORKS = [
    build(("Dense", 4, 7, "Tanh"), ("Dense", 7, 3, "Softmax")),
    build(("Dense", 64, 32, "Relu"), ("Dropout", 0.25), ("Dense", 32, 10, "Softmax")),
    build(("Dense", 64, 32, "Sigmoid"), ("Dense", 32, 10, "Softmax")),
    build(("Dense", 2, 6, "Tanh"), ("Dense", 6, 2, "Identity")),
    build(("Dense", 5, 8, "LeakyRelu"), ("Dropout", 0.25), ("Unbiased", 8, 3, "Sigmoid")),
    build(("Unbiased", 3, 1, "Sigmoid")),
    build(("Dense", 3, 4, "Tanh"), ("Dense", 4, 2, "Identity")),
    build(("Dense", 3, 4, "Relu"), ("Dense", 4, 2, "Identity")),
    build(*[TANH] * 7, ("Dropout", 0.1), ("Dense", 2, 3, "Relu"), ("Dense", 3, 1, "Identity")),
    build(("Dropout", 0.0), *[TANH] * 7, ("Dense", 2, 3, "Relu")),
    build(("Dropout", 0.1), ("Dense", 3, 2, "Tanh"), ("Dropout", 0.1234567)),
    build(("Dense", 3, 2, "Sigmoid"), ("Dropout", 0.1234567)),
]


@pytest.mark.parametrize("network, pinned", list(zip(NETWORKS, PINNED)), ids=[pinned[2] for pinned in PINNED])
def test_types_and_fingerprints_are_those_of_the_crate(network, pinned):
    fingerprint, dtype, rust_type = pinned
    assert network.rust_type(dtype) == rust_type
    assert network.fingerprint(dtype) == fingerprint


def test_more_than_eight_layers_have_two_numbers():
    assert list(NETWORKS[8].tensors())[-4:] == ["1.0.weight", "1.0.bias", "1.1.weight", "1.1.bias"]
    assert "0.7.weight" not in NETWORKS[8].tensors()
    assert list(NETWORKS[9].tensors())[:2] == ["0.1.weight", "0.1.bias"]
    eight = build(*[TANH] * 8)
    assert list(eight.tensors())[-1] == "7.bias"


def test_more_than_sixty_four_layers_nest_twice():
    deep = build(*[TANH] * 65)
    assert list(deep.tensors())[0] == "0.0.0.weight"
    assert list(deep.tensors())[-1] == "1.0.0.bias"
    assert deep.rust_type("f32").endswith("), ((Dense<2, 2, Tanh>,),))")


def test_dropout_is_a_ratio_if_its_denominator_is_small():
    def dropout(rate, dtype="f32"):
        return build(("Dense", 1, 2, "Tanh"), ("Dropout", rate)).layers[1].rust(dtype)

    assert dropout(0.1) == "Dropout<2, Ratio<1, 10>>"
    assert dropout(1 / 3) == "Dropout<2, Ratio<1, 3>>"
    assert dropout(0.375, "f64") == "Dropout<2, Ratio<3, 8, f64>>"
    assert dropout(float(np.float32(0.1))) == "Dropout<2, Ratio<1, 10>>"
    assert dropout(float(np.float32(0.1)), "f64") == "Dropout<2, f64>"
    assert dropout(1e-5) == "Dropout<2>"
    assert dropout(1 - 1e-9) == "Dropout<2>"
    assert "// Set at run time: trainer.network.1.rate = 0.1234567;" in NETWORKS[11].code("f32")


def test_the_code_to_paste():
    assert NETWORKS[1].code("f32") == (
        "use downhill::{Dense, Dropout, Ratio, Relu, Softmax};\n\n"
        "type Network = (\n    Dense<64, 32, Relu>,\n    Dropout<32, Ratio<1, 4>>,\n    Dense<32, 10, Softmax>,\n);"
    )
    assert NETWORKS[5].code("f64") == (
        "use downhill::{Dense, Sigmoid, Unbiased};\n\ntype Network = (Dense<3, 1, Sigmoid, Unbiased, f64>,);"
    )
    assert "use downhill::{Biased, Dense, Identity, Tanh};" in NETWORKS[3].code("f64")
    assert NETWORKS[9].code("f32") == (
        "use downhill::{Dense, Dropout, Ratio, Relu, Tanh};\n\ntype Network = (\n    (\n"
        "        Dropout<2, Ratio<0, 1>>,\n" + "        Dense<2, 2, Tanh>,\n" * 7 + "    ),\n"
        "    (Dense<2, 3, Relu>,),\n);"
    )
