"""Export of Keras's networks, and checkpoints brought back to them."""

from functools import partial

import numpy as np
import pytest

import downhill
from helpers import contents, image, replay

keras = pytest.importorskip("keras", reason="Keras is not installed")
from keras import Sequential, layers  # noqa: E402

X = np.random.default_rng(4).normal(size=(40, 5))


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(5)


def check(model, tmp_path, dtype="f32"):
    path = tmp_path / "net.safetensors"
    exported = downhill.export(model, path, samples=X, dtype=dtype)
    computed, expected = replay(path)
    np.testing.assert_allclose(computed, expected, rtol=1e-6, atol=1e-6)
    return exported


def test_all_layers(tmp_path):
    model = Sequential(
        [
            layers.Input((5,)),
            layers.Dropout(0.1),
            layers.Dense(8, activation=partial(keras.activations.leaky_relu, negative_slope=0.01)),
            layers.Dropout(0.25),
            layers.Dense(4, activation="sigmoid", use_bias=False),
            Sequential([layers.Dense(6), layers.Activation("linear"), layers.Activation("tanh"), layers.Dense(4)]),
            layers.ReLU(),
            layers.Dense(4, activation="linear"),
            layers.LeakyReLU(negative_slope=0.01),
            layers.Dense(5, activation="relu"),
            layers.Dense(3),
            layers.Softmax(),
        ]
    )
    # Keras starts with biases of 0.
    model.set_weights([weights + 0.1 for weights in model.get_weights()])
    exported = check(model, tmp_path)
    assert exported.rust_type == (
        "((Dropout<5, Ratio<1, 10>>, Dense<5, 8, LeakyRelu>, Dropout<8, Ratio<1, 4>>, "
        "Dense<8, 4, Sigmoid, Unbiased>, Dense<4, 6, Tanh>, Dense<6, 4, Relu>, Dense<4, 4, LeakyRelu>, "
        "Dense<5, 5, Relu>), (Dense<5, 3, Softmax>,))"
    ).replace("Dense<5, 5, Relu>", "Dense<4, 5, Relu>")
    tensors, _ = contents(tmp_path / "net.safetensors")
    assert np.array_equal(tensors["0.3.weight"], np.asarray(model.layers[3].kernel))


def test_activation_layers_as_activations(tmp_path):
    model = Sequential([layers.Input((5,)), layers.Dense(3, activation=layers.ReLU()), layers.Dense(2, "softmax")])
    assert check(model, tmp_path).rust_type == "(Dense<5, 3, Relu>, Dense<3, 2, Softmax>)"
    model = Sequential([layers.Input((5,)), layers.Dense(3, activation=layers.LeakyReLU(negative_slope=0.01))])
    assert check(model, tmp_path, "f64").rust_type == "(Dense<5, 3, LeakyRelu, Biased, f64>,)"


def dense(*more):
    return Sequential([layers.Input((5,)), layers.Dense(3), *more])


class OwnDense(layers.Dense):
    def call(self, x, training=None):
        return super().call(x) * 2


@pytest.mark.parametrize(
    "model, match",
    [
        (lambda: dense(layers.ELU()), r"layer 1 \(ELU\): the crate has no ELU"),
        (lambda: dense(layers.Dense(2, activation="gelu")), r"layer 1 \(Dense\): the activation gelu"),
        (lambda: dense(layers.Activation("leaky_relu")), r"layer 1 \(Activation\): a slope of 0\.2; the crate's is 0\.01"),
        (lambda: dense(layers.LeakyReLU()), r"layer 1 \(LeakyReLU\): a slope of 0\.3"),
        (lambda: dense(layers.ReLU(max_value=6.0)), r"layer 1 \(ReLU\): ReLU with max_value=6\.0"),
        (lambda: dense(layers.Softmax(axis=0)), r"layer 1 \(Softmax\): axis=0"),
        (lambda: dense(layers.Dense(1, "softmax")), r"layer 1 \(Dense\): softmax of one output"),
        (lambda: dense(layers.ReLU(), layers.Softmax()), r"layer 2 \(Softmax\): an activation must"),
        (lambda: dense(layers.BatchNormalization()), r"layer 1 \(BatchNormalization\)"),
        (lambda: dense(Sequential([layers.Dense(3), layers.Flatten()])), r"layer 1\.1 \(Flatten\)"),
        (lambda: dense(OwnDense(3)), r"layer 1 \(OwnDense\)"),
        (lambda: dense(layers.Dropout(0.5, noise_shape=(1, 3))), r"layer 1 \(Dropout\): noise_shape"),
        (lambda: dense(layers.Dense(2, dtype="float16")), r"layer 1 \(Dense\): numbers of type float16"),
        (lambda: Sequential([layers.Dense(3)]), r"layer 0 \(Dense\): it has no weights yet"),
        (lambda: Sequential([layers.Input((5,)), layers.Dropout(0.5)]), "without a dense layer"),
        (lambda: layers.Dense(3), "Dense: the model is no Sequential"),
    ],
)
def test_refusals_name_the_layer(tmp_path, model, match):
    path = tmp_path / "net.safetensors"
    with pytest.raises(downhill.Unsupported, match=match) as error:
        downhill.export(model(), path, samples=X)
    assert "Supported: Sequential of Input, Dense" in str(error.value)
    assert not path.exists()


def test_functional_models(tmp_path):
    x = layers.Input((5,))
    with pytest.raises(downhill.Unsupported, match="Functional: the model is no Sequential"):
        downhill.export(keras.Model(x, layers.Dense(2)(x)), tmp_path / "net.safetensors")


def test_numbers_that_are_none_name_the_tensor(tmp_path):
    model = dense()
    model.layers[0].bias.assign([0, 0, np.inf])
    with pytest.raises(downhill.Unsupported, match=r"0\.bias has inf at \[2\]"):
        downhill.export(model, tmp_path / "net.safetensors")


def test_there_and_back(tmp_path):
    def model():
        return dense(layers.ReLU(), layers.Dropout(0.5), layers.Dense(2, "tanh", use_bias=False))

    trained, other = model(), model()
    exported = downhill.export(trained, tmp_path / "net.safetensors", samples=X)
    parameters = {name: tensor for name, tensor in exported.tensors.items() if not name.startswith("reference.")}
    assert list(parameters) == ["0.weight", "0.bias", "2.weight"]
    assert not np.array_equal(other(X), trained(X))
    assert downhill.to_keras(downhill.load_checkpoint(image(parameters)), other) is other
    assert np.array_equal(other(X), trained(X))
    with pytest.raises(downhill.Mismatch, match=r"2\.weight: the arrays have shape \(2, 3\), the model \(3, 2\)"):
        downhill.to_keras({**parameters, "2.weight": np.ones((2, 3))}, other)
    downhill.to_keras({"0.bias": np.array([1.0, 2.0, 3.0])}, other, partial=True)
    assert np.asarray(other.layers[0].bias).tolist() == [1, 2, 3]
