"""Export of scikit-learn's networks, and checkpoints brought back to them."""

import numpy as np
import pytest

import downhill
from helpers import contents, image, replay

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(60, 4)) * [1, 2, 3, 4] + [5, 0, -5, 1]
CLASSES = np.argmax(X @ RANDOM.normal(size=(4, 3)), axis=1)
TARGETS = np.sin(X @ RANDOM.normal(size=(4, 2)))


def classifier(**options):
    return MLPClassifier(hidden_layer_sizes=(5,), max_iter=20, **{"activation": "tanh", "random_state": 1, **options})


def regressor(**options):
    return MLPRegressor(hidden_layer_sizes=(5, 6), max_iter=20, **{"activation": "tanh", "random_state": 1, **options})


def check(model, tmp_path, dtype="f32"):
    """Exports, replays, and returns what was exported, and the reference outputs."""
    path = tmp_path / "net.safetensors"
    exported = downhill.export(model, path, samples=X, dtype=dtype)
    computed, expected = replay(path)
    tolerance = {"f32": 1e-6, "f64": 1e-12}[dtype]
    np.testing.assert_allclose(computed, expected, rtol=tolerance, atol=tolerance)
    tensors, metadata = contents(path)
    assert metadata["network"] == exported.rust_type
    assert metadata["architecture"] == exported.architecture
    assert metadata["downhill"] == "1"
    number = {"f32": np.float32, "f64": np.float64}[dtype]
    assert np.array_equal(tensors["reference.inputs"], X[:16].astype(number))
    return exported, expected


def test_three_classes(tmp_path, capsys):
    model = classifier().fit(X, CLASSES)
    exported, outputs = check(model, tmp_path)
    assert exported.rust_type == "(Dense<4, 5, Tanh>, Dense<5, 3, Softmax>)"
    assert exported.parameters == 4 * 5 + 5 + 5 * 3 + 3
    assert capsys.readouterr().out == (
        "use downhill::{Dense, Softmax, Tanh};\n\ntype Network = (Dense<4, 5, Tanh>, Dense<5, 3, Softmax>);\n"
    )
    np.testing.assert_allclose(outputs, model.predict_proba(X[:16].astype("f").astype(float)), atol=1e-7)
    tensors, _ = contents(tmp_path / "net.safetensors")
    assert np.array_equal(tensors["0.weight"], model.coefs_[0].astype("f"))


def test_two_classes_are_one_sigmoid(tmp_path):
    model = classifier(activation="logistic").fit(X, CLASSES > 0)
    exported, outputs = check(model, tmp_path)
    assert exported.rust_type == "(Dense<4, 5, Sigmoid>, Dense<5, 1, Sigmoid>)"
    np.testing.assert_allclose(outputs[:, 0], model.predict_proba(X[:16])[:, 1], atol=1e-5)


def test_several_labels_are_sigmoids(tmp_path):
    model = classifier(activation="relu").fit(X, TARGETS > 0)
    exported, _ = check(model, tmp_path)
    assert exported.rust_type == "(Dense<4, 5, Relu>, Dense<5, 2, Sigmoid>)"


@pytest.mark.parametrize("targets", [TARGETS, TARGETS[:, 0]])
def test_regression(tmp_path, targets):
    exported, outputs = check(regressor(activation="identity").fit(X, targets), tmp_path, "f64")
    last = outputs.shape[1]
    assert exported.rust_type == (
        "(Dense<4, 5, Identity, Biased, f64>, Dense<5, 6, Identity, Biased, f64>, "
        f"Dense<6, {last}, Identity, Biased, f64>)"
    )


def test_a_network_of_numbers_of_four_bytes(tmp_path):
    model = classifier().fit(X.astype(np.float32), CLASSES)
    assert model.coefs_[0].dtype == np.float32
    check(model, tmp_path)


@pytest.mark.parametrize(
    "scaler",
    [
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        MinMaxScaler(),
        MinMaxScaler((-1, 3)),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_scalers(tmp_path, scaler, dtype):
    model = make_pipeline(scaler, regressor()).fit(X, TARGETS)
    check(model, tmp_path, dtype)
    tensors, _ = contents(tmp_path / "net.safetensors")
    scaled = (X - tensors["standardizer.mean"]) / tensors["standardizer.scale"]
    np.testing.assert_allclose(scaled, scaler.transform(X), atol=1e-5 if dtype == "f32" else 1e-12)


def test_steps_that_do_nothing(tmp_path):
    model = Pipeline([("none", "passthrough"), ("network", regressor())]).fit(X, TARGETS)
    check(model, tmp_path)
    assert "standardizer.mean" not in contents(tmp_path / "net.safetensors")[0]


def test_number_of_references(tmp_path):
    model, path = classifier().fit(X, CLASSES), tmp_path / "net.safetensors"
    for references, stored in [(3, 3), (100, 60)]:
        downhill.export(model, path, samples=X.tolist(), references=references)
        assert contents(path)[0]["reference.outputs"].shape == (stored, 3)
    for samples, references in [(X, 0), (None, 16)]:
        downhill.export(model, path, samples=samples, references=references)
        assert not any(name.startswith("reference.") for name in contents(path)[0])


def test_the_same_model_gives_the_same_bytes(tmp_path):
    model, path = classifier().fit(X, CLASSES), tmp_path / "net.safetensors"
    downhill.export(model, path, samples=X)
    before = path.read_bytes()
    downhill.export(model, path, samples=X)
    assert path.read_bytes() == before


def refused(model, tmp_path, match, **options):
    path = tmp_path / "refused.safetensors"
    with pytest.raises(downhill.Unsupported, match=match) as error:
        downhill.export(model, path, samples=X, **options)
    assert not path.exists()
    return str(error.value)


def test_refusals_name_the_step(tmp_path):
    message = refused(make_pipeline(StandardScaler(), PCA(2), regressor()).fit(X, TARGETS), tmp_path, r"step 1 \(PCA\)")
    assert "Supported: MLPClassifier, MLPRegressor" in message
    refused(make_pipeline(StandardScaler(), MinMaxScaler(), regressor()).fit(X, TARGETS), tmp_path, r"step 1 \(MinMaxScaler\): a second step")
    refused(make_pipeline(MinMaxScaler(clip=True), regressor()).fit(X, TARGETS), tmp_path, r"step 0 \(MinMax.*clip")
    refused(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, CLASSES), tmp_path, r"step 1 \(LogisticReg")
    refused(LogisticRegression().fit(X, CLASSES), tmp_path, "LogisticRegression")
    refused(classifier(), tmp_path, "not fitted")
    refused(object(), tmp_path, "no model of scikit-learn, PyTorch, Keras")
    model = classifier().fit(X, CLASSES)
    model.out_activation_ = "exp"
    refused(model, tmp_path, r"layer 1 \(exp\)")


def test_numbers_that_are_none_name_the_tensor(tmp_path):
    for number in (np.nan, np.inf):
        model = classifier().fit(X, CLASSES)
        model.intercepts_[1][2] = number
        refused(model, tmp_path, rf"1\.bias has {number} at \[2\]")
    model = classifier().fit(X, CLASSES)
    model.coefs_[0][1, 3] = 1e39
    refused(model, tmp_path, r"0\.weight .* too large for f32")
    downhill.export(model, tmp_path / "large.safetensors", dtype="f64")
    model = make_pipeline(StandardScaler(), regressor()).fit(X, TARGETS)
    model[0].scale_[1] = 1e-50
    with pytest.raises(downhill.Unsupported, match=r"standardizer\.scale .* 0 in f32"):
        downhill.export(model, tmp_path / "small.safetensors")


def test_samples_that_are_none(tmp_path):
    model = classifier().fit(X, CLASSES)
    for samples in (X[:, :3], X[0], X[:0]):
        with pytest.raises(ValueError, match=r"samples have shape .* \(samples, 4\)"):
            downhill.export(model, tmp_path / "net.safetensors", samples=samples)
    with pytest.raises(downhill.Unsupported, match="reference.inputs has nan"):
        downhill.export(model, tmp_path / "net.safetensors", samples=X * np.nan)
    with pytest.raises(ValueError, match="dtype"):
        downhill.export(model, tmp_path / "net.safetensors", dtype="f16")


def test_a_model_that_answers_otherwise(tmp_path):
    class Other(MLPRegressor):
        def predict(self, x):
            return super().predict(x) + 1

    refused(Other(hidden_layer_sizes=(3,), max_iter=2).fit(X, TARGETS), tmp_path, "answers with other numbers")


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_there_and_back(tmp_path, dtype):
    trained = make_pipeline(StandardScaler(), classifier()).fit(X, CLASSES)
    other = make_pipeline(StandardScaler(), classifier(random_state=2)).fit(X, CLASSES)
    number = {"f32": 4, "f64": 8}[dtype]
    exported = downhill.export(trained, tmp_path / "net.safetensors", dtype=dtype)
    parameters = {name: tensor for name, tensor in exported.tensors.items() if not name.startswith("standardizer.")}
    arrays = downhill.load_checkpoint(image(parameters, number=number))
    assert np.abs(other.predict_proba(X) - trained.predict_proba(X)).max() > 0.01
    assert downhill.to_sklearn(arrays, other) is other
    tolerance = {"f32": 1e-6, "f64": 0}[dtype]
    np.testing.assert_allclose(other.predict_proba(X), trained.predict_proba(X), rtol=0, atol=tolerance)
    assert other[-1].coefs_[0].dtype == np.float64
    # From the exchange file as well, and the network goes on learning.
    downhill.to_sklearn(downhill.read(tmp_path / "net.safetensors"), other)
    other[-1].partial_fit(X, CLASSES)


def test_arrays_of_another_network(tmp_path):
    model = regressor().fit(X, TARGETS)
    before = model.predict(X)
    arrays = dict(downhill.export(model, tmp_path / "net.safetensors").tensors)

    def mismatch(match, **changes):
        changed = {name: tensor for name, tensor in {**arrays, **changes}.items() if tensor is not None}
        with pytest.raises(downhill.Mismatch, match=match):
            downhill.to_sklearn(changed, model)

    ones = np.ones
    mismatch(r"1\.weight: the arrays have shape \(6, 5\), the model \(5, 6\)", **{"0.bias": ones(5), "1.weight": ones((6, 5))})
    mismatch(r"2\.bias: the model has it with shape \(2,\), the arrays have no such", **{"2.bias": None})
    mismatch(r"3\.bias: the arrays have it with shape \(1,\), the model has no such", **{"3.bias": ones(1)})
    assert np.array_equal(model.predict(X), before)
    downhill.to_sklearn({"2.bias": np.array([7.0, 8.0])}, model, partial=True)
    assert model.intercepts_[2].tolist() == [7, 8]
    with pytest.raises(downhill.Unsupported, match="not of PyTorch"):
        downhill.to_torch(arrays, model)
