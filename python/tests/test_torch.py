"""Export of PyTorch's networks, and checkpoints brought back to them."""

import numpy as np
import pytest

import downhill
from helpers import contents, image, replay

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from torch import nn  # noqa: E402

X = np.random.default_rng(2).normal(size=(40, 5))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(3)


def check(model, tmp_path, dtype="f32"):
    path = tmp_path / "net.safetensors"
    exported = downhill.export(model, path, samples=X, dtype=dtype)
    computed, expected = replay(path)
    tolerance = {"f32": 1e-6, "f64": 1e-12}[dtype]
    np.testing.assert_allclose(computed, expected, rtol=tolerance, atol=tolerance)
    return exported


def test_all_layers(tmp_path):
    model = nn.Sequential(
        nn.Dropout(0.1),
        nn.Linear(5, 8),
        nn.LeakyReLU(0.01),
        nn.Identity(),
        nn.Dropout(0.25),
        nn.Linear(8, 4, bias=False),
        nn.Sigmoid(),
        nn.Sequential(nn.Linear(4, 6), nn.Sequential(nn.Identity(), nn.Tanh()), nn.Linear(6, 4)),
        nn.ReLU(),
        nn.Linear(4, 4),
        nn.Linear(4, 3),
        nn.Softmax(dim=-1),
    )
    exported = check(model, tmp_path)
    assert exported.rust_type == (
        "(Dropout<5, Ratio<1, 10>>, Dense<5, 8, LeakyRelu>, Dropout<8, Ratio<1, 4>>, Dense<8, 4, Sigmoid, Unbiased>, "
        "Dense<4, 6, Tanh>, Dense<6, 4, Relu>, Dense<4, 4, Identity>, Dense<4, 3, Softmax>)"
    )
    tensors, _ = contents(tmp_path / "net.safetensors")
    assert np.array_equal(tensors["3.weight"], model[5].weight.detach().numpy().T)
    assert model.training and all(layer.training for layer in model)
    np.testing.assert_array_equal(
        tensors["reference.outputs"], model.eval()(torch.tensor(X[:16], dtype=torch.float32)).detach().numpy()
    )


def test_numbers_of_eight_bytes(tmp_path):
    model = nn.Sequential(nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 2), nn.Softmax(dim=1)).double()
    exported = check(model, tmp_path, "f64")
    assert exported.rust_type == "(Dense<5, 3, Tanh, Biased, f64>, Dense<3, 2, Softmax, Biased, f64>)"


def test_samples_as_a_tensor(tmp_path):
    model, path = nn.Sequential(nn.Linear(5, 3)), tmp_path / "net.safetensors"
    exported = downhill.export(model, path, samples=torch.tensor(X, requires_grad=True))
    assert exported.rust_type == "(Dense<5, 3, Identity>,)"
    assert exported.tensors["reference.outputs"].shape == (16, 3)


def test_many_layers(tmp_path):
    layers = [layer for _ in range(9) for layer in (nn.Linear(5, 5), nn.Tanh())]
    exported = check(nn.Sequential(*layers), tmp_path)
    assert exported.rust_type.endswith("Dense<5, 5, Tanh>), (Dense<5, 5, Tanh>,))")
    assert "1.0.weight" in exported.tensors


class OwnLinear(nn.Linear):
    def forward(self, x):
        return super().forward(x) * 2


class OwnModel(nn.Sequential):
    def forward(self, x):
        return super().forward(x) * 2


@pytest.mark.parametrize(
    "model, match",
    [
        (nn.Sequential(nn.Linear(5, 3), nn.ELU()), r"layer 1 \(ELU\): the crate has no ELU"),
        (nn.Sequential(nn.Sequential(nn.Linear(5, 3), nn.Conv1d(1, 1, 1))), r"layer 0\.1 \(Conv1d\)"),
        (nn.Sequential(nn.Linear(5, 3), nn.LeakyReLU(0.2)), r"layer 1 \(LeakyReLU\): a slope of 0\.2"),
        (nn.Sequential(nn.Linear(5, 3), nn.Softmax(dim=0)), r"layer 1 \(Softmax\): dim=0"),
        (nn.Sequential(nn.Linear(5, 1), nn.Softmax(dim=-1)), r"layer 1 \(Softmax\): softmax of one output"),
        (nn.Sequential(nn.Linear(5, 3), nn.Tanh(), nn.Softmax(dim=-1)), r"layer 2 \(Softmax\): an activation must"),
        (nn.Sequential(nn.ReLU(), nn.Linear(5, 3)), r"layer 0 \(ReLU\): an activation must"),
        (nn.Sequential(nn.Linear(5, 3), nn.Dropout(0.5), nn.Tanh()), r"layer 2 \(Tanh\): an activation must"),
        (nn.Sequential(nn.Linear(5, 3), nn.Dropout(1.0)), r"layer 1 \(Dropout\): a rate of 1"),
        (nn.Sequential(nn.Linear(5, 3), nn.Linear(4, 2)), r"layer 1 \(Linear\): it takes 4 inputs, but 3 come in"),
        (nn.Sequential(nn.Linear(5, 3), OwnLinear(3, 2)), r"layer 1 \(OwnLinear\)"),
        (nn.Sequential(nn.Linear(5, 3), nn.Linear(3, 2).half()), r"layer 1 \(Linear\): numbers of type torch.float16"),
        (nn.Sequential(nn.Linear(5, 3), nn.LazyLinear(2)), r"layer 1 \(LazyLinear\): it has no weights yet"),
        (nn.Sequential(nn.Dropout(0.5)), "without a dense layer"),
        (nn.Sequential(), "without a dense layer"),
        (nn.Linear(5, 3), "Linear: the model is no nn.Sequential"),
        (OwnModel(nn.Linear(5, 3)), "OwnModel: the model is no nn.Sequential"),
    ],
)
def test_refusals_name_the_layer(tmp_path, model, match):
    path = tmp_path / "net.safetensors"
    with pytest.raises(downhill.Unsupported, match=match) as error:
        downhill.export(model, path, samples=X)
    assert "Supported: nn.Sequential of Linear" in str(error.value)
    assert not path.exists()


def test_numbers_that_are_none_name_the_tensor(tmp_path):
    model = nn.Sequential(nn.Linear(5, 3), nn.ReLU(), nn.Linear(3, 2))
    model[2].weight.data[1, 2] = float("nan")
    with pytest.raises(downhill.Unsupported, match=r"1\.weight has nan at \[2, 1\]"):
        downhill.export(model, tmp_path / "net.safetensors")


def test_a_model_that_answers_otherwise(tmp_path):
    model = nn.Sequential(nn.Linear(5, 3), nn.ReLU())
    model[0].register_forward_hook(lambda layer, x, y: y * 2)
    with pytest.raises(downhill.Unsupported, match="answers with other numbers"):
        downhill.export(model, tmp_path / "net.safetensors", samples=X)


def test_there_and_back(tmp_path):
    def model():
        return nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Dropout(0.5), nn.Sequential(nn.Linear(4, 3, bias=False))).eval()

    trained, other = model(), model()
    exported = downhill.export(trained, tmp_path / "net.safetensors", samples=X)
    parameters = {name: tensor for name, tensor in exported.tensors.items() if not name.startswith("reference.")}
    assert list(parameters) == ["0.weight", "0.bias", "2.weight"]
    x = torch.tensor(X, dtype=torch.float32)
    assert not torch.equal(other(x), trained(x))
    weights = other[0].weight
    assert downhill.to_torch(downhill.load_checkpoint(image(parameters)), other) is other
    assert torch.equal(other(x), trained(x))
    assert other[0].weight is weights and weights.requires_grad
    again = model()
    assert torch.equal(downhill.to_torch(downhill.read(tmp_path / "net.safetensors"), again)(x), trained(x))


def test_arrays_of_another_network():
    model = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3, bias=False))
    before = [parameter.clone() for parameter in model.parameters()]
    right = {"0.weight": np.ones((5, 4)), "0.bias": np.ones(4), "1.weight": np.ones((4, 3))}
    for changes, match in [
        ({"0.weight": np.ones((4, 5))}, r"0\.weight: the arrays have shape \(4, 5\), the model \(5, 4\)"),
        ({"1.bias": np.ones(3)}, r"1\.bias: the arrays have it with shape \(3,\), the model has no such tensor"),
        ({"1.weight": None}, r"1\.weight: the model has it with shape \(4, 3\), the arrays have no such tensor"),
    ]:
        arrays = {name: array for name, array in {**right, **changes}.items() if array is not None}
        with pytest.raises(downhill.Mismatch, match=match):
            downhill.to_torch(arrays, model)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters()))
    downhill.to_torch({"0.bias": np.arange(4.0)}, model, partial=True)
    assert model[0].bias.tolist() == [0, 1, 2, 3]
    assert torch.equal(model[0].weight, before[0])


def test_a_model_that_diverged_can_be_overwritten():
    model = nn.Sequential(nn.Linear(5, 4))
    model[0].weight.data.fill_(float("nan"))
    downhill.to_torch({"0.weight": np.ones((5, 4)), "0.bias": np.ones(4)}, model)
    assert model[0].weight.sum() == 20


def test_activations_that_occur_twice(tmp_path):
    tanh = nn.Tanh()
    exported = check(nn.Sequential(nn.Linear(5, 3), tanh, nn.Linear(3, 1), tanh), tmp_path)
    assert exported.rust_type == "(Dense<5, 3, Tanh>, Dense<3, 1, Tanh>)"


def test_weights_that_occur_twice(tmp_path):
    linear = nn.Linear(3, 3)
    model = nn.Sequential(nn.Linear(5, 3), linear, nn.ReLU(), nn.Sequential(linear))
    with pytest.raises(downhill.Unsupported, match=r"layer 3\.0 \(Linear\).*occurs twice"):
        downhill.export(model, tmp_path / "net.safetensors")


def test_arrays_that_are_not_finite():
    model = nn.Sequential(nn.Linear(5, 2))
    before = model[0].weight.detach().clone()
    arrays = {"0.weight": np.full((5, 2), np.nan), "0.bias": np.zeros(2)}
    with pytest.raises(downhill.Mismatch, match="0.weight: a number is NaN"):
        downhill.to_torch(arrays, model)
    assert torch.equal(model[0].weight, before)
