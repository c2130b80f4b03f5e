"""The registry: every model learns, repeats itself and says what it can take."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from model_clusters import overlapping
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from ser_core.errors import ModelError, ParameterError
from ser_core.models import catalogue
from ser_core.models.registry import (
    MODELS,
    REPORT_MODELS,
    REPORT_PARAMETERS,
    build_model,
    build_recogniser,
    model_infos,
    parameter_names,
)

VOTES = {
    "v1": ("mlp", "knn"),
    "v2": ("knn", "xgb", "mlp"),
    "v3": ("xgb", "mlp", "rf", "lr"),
    "v4": ("mlp", "xgb"),
}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory):
    """Return 150 overlapping rows of three classes, as a read-only memory map."""
    X, y = overlapping(150)
    path = tmp_path_factory.mktemp("matrix") / "X.npy"
    np.save(path, X)
    return np.load(path, mmap_mode="r"), y


@pytest.mark.parametrize("name", MODELS)
def test_every_model_learns_from_a_read_only_map_of_float32(name: str, mapped) -> None:
    X, y = mapped
    recogniser = build_recogniser(name).fit(X[:120], y[:120])
    found = recogniser.predict(X[120:])
    chances = recogniser.predict_proba(X[120:])
    assert X.dtype == np.float32
    assert found.dtype.kind == "U"
    assert recogniser.classes_.tolist() == ["angry", "happy", "sad"]
    assert (found == y[120:]).mean() > 0.5
    assert chances.shape == (30, 3)
    assert chances.dtype.kind == "f"
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-6)
    assert chances.min() >= 0


@pytest.mark.parametrize("name", MODELS)
def test_a_copy_of_the_settings_and_a_pickle_give_the_same_model(
    name: str, mapped
) -> None:
    X, y = mapped
    first = build_model(name, seed=3).fit(X, y)
    again = clone(first).fit(X, y)
    loaded = pickle.loads(pickle.dumps(first))
    for other in (again, loaded):
        assert np.array_equal(first.predict_proba(X), other.predict_proba(X))
        assert np.array_equal(first.predict(X), other.predict(X))


@pytest.mark.parametrize("name", [n for n in MODELS if n != "svm"])
def test_the_predicted_class_is_the_most_probable_one(name: str, mapped) -> None:
    X, y = mapped
    model = build_model(name).fit(X, y)
    likely = model.classes_[model.predict_proba(X).argmax(axis=1)]
    assert np.array_equal(model.predict(X), likely)


@pytest.mark.parametrize(("name", "parts"), VOTES.items())
def test_soft_vote_is_the_mean_of_its_parts(name: str, parts, mapped) -> None:
    X, y = mapped
    voted = build_model(name, seed=7).fit(X, y).predict_proba(X)
    alone = [build_model(part, seed=7).fit(X, y).predict_proba(X) for part in parts]
    np.testing.assert_allclose(voted, np.mean(alone, axis=0), atol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_listed_parameters_exist(name: str) -> None:
    settings = build_model(name).get_params()
    assert set(parameter_names(name)) <= set(settings)
    assert not [n for n in parameter_names(name) if n.endswith(("n_jobs", "_state"))]


@pytest.mark.parametrize("name", MODELS)
def test_unknown_parameter_is_refused_with_the_choices(name: str) -> None:
    listed = ", ".join(parameter_names(name))
    with pytest.raises(ParameterError, match=f"'depth' is not known.*{listed}"):
        build_model(name, parameters={"depth": 3})


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("svm", {"C": -1}),
        ("svm", {"n_folds": 1}),
        ("mlp", {"alpha": "much"}),
        ("knn", {"n_neighbors": 0}),
        ("xgb", {"subsample": 2}),
        ("lgbm", {"num_leaves": 1}),
        ("gmm", {"covariance_type": "tied"}),
        ("v4", {"mlp__alpha": -1}),
    ],
)
def test_impossible_value_is_refused_before_the_fit(name: str, parameters) -> None:
    key = next(iter(parameters)).split("__")[-1]
    with pytest.raises(ParameterError, match=f"{name}.*{key}"):
        build_model(name, parameters=parameters)


def test_weights_by_class_name_are_refused_in_a_vote() -> None:
    with pytest.raises(ParameterError, match="'balanced' or null"):
        build_model("v3", parameters={"lr__class_weight": {"sad": 2.0}})


def test_parameters_reach_the_estimator() -> None:
    mlp = build_model("mlp", parameters={"hidden_layer_sizes": [30, 20]})
    vote = build_model("v1", parameters={"knn__n_neighbors": 9, "weights": [2, 1]})
    assert mlp.get_params()["hidden_layer_sizes"] == (30, 20)
    assert vote.get_params()["knn__n_neighbors"] == 9
    assert vote.get_params()["weights"] == (2, 1)


def test_threads_are_one_unless_more_are_asked_for() -> None:
    for name in ("knn", "rf", "xgb", "lgbm"):
        assert build_model(name).get_params()["n_jobs"] == 1
        assert build_model(name, n_threads=3).get_params()["n_jobs"] == 3


def test_another_seed_gives_another_forest(mapped) -> None:
    X, y = mapped
    first, second = (
        build_model("rf", seed=s).fit(X, y).predict_proba(X) for s in (0, 1)
    )
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("given", [{"seed": -1}, {"seed": 2**32}, {"n_threads": 0}])
def test_seed_and_threads_out_of_range_are_refused(given) -> None:
    with pytest.raises(ParameterError, match=next(iter(given))):
        build_model("dt", **given)


def test_recogniser_scales_then_projects_to_a_share_of_the_variance(mapped) -> None:
    X, y = mapped
    recogniser = build_recogniser("knn", pca=0.8).fit(X, y)
    scaled = StandardScaler().fit_transform(X.astype(np.float64))
    spread = np.linalg.svd(scaled, compute_uv=False) ** 2
    needed = np.searchsorted(np.cumsum(spread) / spread.sum(), 0.8) + 1
    assert list(recogniser.named_steps) == ["scaler", "pca", "model"]
    assert recogniser.named_steps["pca"].n_components_ == needed
    assert isinstance(recogniser.named_steps["model"], KNeighborsClassifier)


def test_recogniser_projects_to_a_number_of_components(mapped) -> None:
    X, y = mapped
    recogniser = build_recogniser("lr", pca=3).fit(X, y)
    assert recogniser.named_steps["model"].n_features_in_ == 3


@pytest.mark.parametrize("pca", [0, 1.0, -0.5, True, 1.5])
def test_impossible_share_of_variance_is_refused(pca) -> None:
    with pytest.raises(ParameterError, match="pca"):
        build_recogniser("lr", pca=pca)


@pytest.mark.parametrize("name", MODELS)
def test_constant_column_does_no_harm(name: str) -> None:
    X, y = overlapping(60)
    X[:, 2] = 7
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        recogniser = build_recogniser(name).fit(X, y)
    assert np.isfinite(recogniser.predict_proba(X)).all()


def test_every_model_is_described() -> None:
    infos = {info.name: info for info in model_infos()}
    assert tuple(infos) == MODELS
    assert set(REPORT_MODELS) == set(REPORT_PARAMETERS) == {"mlp", "svm"}
    assert {n: infos[n].parts for n in VOTES} == VOTES
    for info in infos.values():
        assert info.available
        assert info.reason is None
        assert info.title
        assert info.description.endswith(".")
        assert info.source


def test_missing_library_is_said_and_takes_its_votes_with_it(monkeypatch) -> None:
    monkeypatch.setattr(
        catalogue, "find_spec", lambda name: None if name == "xgboost" else object()
    )
    missing = [info.name for info in model_infos() if not info.available]
    assert missing == ["xgb", "v2", "v3", "v4"]
    with pytest.raises(ModelError, match="xgboost is not installed: pip install"):
        build_model("v4")


def test_looking_up_models_loads_no_library() -> None:
    code = (
        "import sys\nfrom ser_core.models.registry import model_infos\nmodel_infos()\n"
        "heavy = ('sklearn', 'xgboost', 'lightgbm', 'optuna', 'pandas')\n"
        "print(*[m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == []
