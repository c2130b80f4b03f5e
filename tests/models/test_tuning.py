"""The search for parameters: inside the training part, and never lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from model_clusters import overlapping
from sklearn.metrics import recall_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ser_core.errors import ModelError, ParameterError
from ser_core.models import inner_folds
from ser_core.models.inner_folds import InnerFolds
from ser_core.models.registry import MODELS, build_model
from ser_core.models.search_space import Range, default_point, search_space
from ser_core.models.tuning import tune

ROOT = Path(__file__).resolve().parents[2]


def speakers(n: int, *, each: int = 12):
    """Name a speaker for every `each` rows."""
    return np.char.add("speaker ", (np.arange(n) // each).astype(str))


def told(result) -> list[tuple]:
    """Return what a search found, without its times."""
    return [(t.state, t.value, dict(t.parameters)) for t in result.trials]


class Stop:
    """Ask for the end at the n-th question."""

    def __init__(self, n: int) -> None:
        self.left = n

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


class KilledError(BaseException):
    """What nobody catches, as the end of the process."""


def kill_at(n: int):
    """Return a callable that ends everything at the n-th question."""
    stop = Stop(n)

    def ask() -> bool:
        if stop():
            raise KilledError
        return False

    return ask


@pytest.fixture
def part():
    """Return a training part of twenty speakers."""
    X, y = overlapping(120)
    return X, y, speakers(120, each=6)


def test_first_trial_is_the_default_and_its_value_an_independent_one(part) -> None:
    X, y, groups = part
    found = np.empty_like(y)
    folds = GroupKFold(3, shuffle=True, random_state=5).split(X, y, groups)
    for train, test in folds:
        model = make_pipeline(StandardScaler(), SVC()).fit(X[train], y[train])
        found[test] = model.predict(X[test])
    result = tune("svm", X, y, groups, n_trials=1, seed=5)
    assert result.trials[0].parameters == {
        "C": 1.0,
        "gamma": "scale",
        "class_weight": None,
    }
    assert result.default_value == pytest.approx(
        recall_score(y, found, average="macro")
    )
    assert result.by_speaker


@pytest.mark.parametrize("name", ["knn", "lr", "gmm"])
def test_result_is_never_worse_than_the_default(name: str, part) -> None:
    result = tune(name, *part, n_trials=8)
    complete = [t.value for t in result.trials if t.state == "complete"]
    assert result.best_value == max(complete) >= result.default_value
    best = next(t for t in result.trials if t.value == result.best_value)
    assert result.best_parameters == best.parameters
    build_model(name, parameters=result.best_parameters)


@pytest.mark.parametrize("name", MODELS)
def test_default_of_every_dimension_lies_in_the_search(name: str) -> None:
    space = search_space(name)
    for key, value in default_point(name, space).items():
        dimension = space[key]
        if isinstance(dimension, Range):
            assert dimension.low <= value <= dimension.high, key
        elif hasattr(dimension, "values"):
            assert value in [str(v) for v in dimension.values], key


@pytest.mark.parametrize("name", [n for n in MODELS if n not in ("v2", "v3", "rf")])
def test_every_model_can_be_searched(name: str, part) -> None:
    result = tune(name, *part, n_trials=2, parameters={})
    assert [t.reason for t in result.trials] == [None, None]
    json.dumps(result.to_json(), allow_nan=False)


def test_record_has_the_agreed_keys(part) -> None:
    found = tune("lr", *part, n_trials=3).to_json()
    assert set(found) == {"n_trials", "best_parameters", "best_value", "trials"}
    assert [set(t) for t in found["trials"]] == [
        {"number", "value", "state", "parameters", "seconds", "reason"}
    ] * 3


def test_same_seed_gives_the_same_search_and_another_does_not(part) -> None:
    first, again = (told(tune("svm", *part, n_trials=5, seed=1)) for _ in range(2))
    other = told(tune("svm", *part, n_trials=5, seed=2))
    assert first == again != other


@pytest.mark.parametrize("questions", [1, 4, 5, 12])
@pytest.mark.parametrize("ask", [Stop, kill_at])
def test_interrupted_search_ends_as_if_it_had_not_been(
    tmp_path: Path, part, ask, questions: int
) -> None:
    whole = tune("svm", *part, n_trials=8)
    storage = tmp_path / "searches" / "a.journal"
    try:
        early = tune(
            "svm", *part, n_trials=8, storage=storage, should_stop=ask(questions)
        )
    except KilledError:
        pass
    else:
        assert early.ended == "stopped"
        assert len(early.trials) < 8
        assert told(early) == told(whole)[: len(early.trials)]
    resumed = tune("svm", *part, n_trials=8, storage=storage)
    assert resumed.ended == "done"
    assert told(resumed) == told(whole)


def test_finished_search_is_not_done_again(tmp_path: Path, part, monkeypatch) -> None:
    storage = tmp_path / "a.journal"
    first = tune("lr", *part, n_trials=4, storage=storage)
    monkeypatch.setattr(InnerFolds, "running_uar", None)
    assert tune("lr", *part, n_trials=4, storage=storage).trials == first.trials


def test_more_trials_can_be_asked_for_later(tmp_path: Path, part) -> None:
    storage = tmp_path / "a.journal"
    first = tune("lr", *part, n_trials=3, storage=storage)
    more = tune("lr", *part, n_trials=6, storage=storage)
    assert told(more)[:3] == told(first)
    assert told(more) == told(tune("lr", *part, n_trials=6))


def test_searches_of_other_data_do_not_mix(tmp_path: Path, part) -> None:
    X, y, groups = part
    storage = tmp_path / "a.journal"
    tune("lr", X, y, groups, n_trials=2, storage=storage)
    for changed in (
        {"X": X + 1},
        {"y": y[::-1].copy()},
        {"groups": None},
        {"features_key": "other"},
        {"seed": 1},
    ):
        given = {"X": X, "y": y, "groups": groups} | changed
        events: list[dict] = []
        tune("lr", **given, n_trials=2, storage=storage, emit=events.append)
        assert events[0]["type"] == "log" or events[0]["done"] == 0
        assert not [e for e in events if "goes on" in e.get("message", "")]


def test_line_that_was_cut_off_is_left_out(tmp_path: Path, part) -> None:
    storage = tmp_path / "a.journal"
    tune("lr", *part, n_trials=3, storage=storage)
    with storage.open("ab") as journal:
        journal.write(b'{"op_code": 5, "worker')
    resumed = tune("lr", *part, n_trials=5, storage=storage)
    assert told(resumed) == told(tune("lr", *part, n_trials=5))


def test_file_that_is_no_search_is_refused(tmp_path: Path, part) -> None:
    storage = tmp_path / "a.journal"
    storage.write_text("not a search\n")
    with pytest.raises(ModelError, match=r"a\.journal' is not a search .*start anew"):
        tune("lr", *part, n_trials=1, storage=storage)


@pytest.mark.timeout(60)
def test_search_whose_process_was_killed_goes_on_at_once(tmp_path: Path, part) -> None:
    storage = tmp_path / "a.journal"
    code = (
        "import os, signal\nfrom pathlib import Path\n"
        "from ser_core.models.search_store import kept_study\n"
        f"with kept_study(Path({str(storage)!r}), 'a') as study:\n"
        "    study._storage._backend._lock.acquire()\n"
        "    os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=50, check=False)
    with FileLock(f"{storage}.lock", timeout=0):
        pass
    tune("lr", *part, n_trials=1, storage=storage)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is full")
def test_full_disk_is_told(part, monkeypatch, tmp_path: Path) -> None:
    from optuna.storages.journal import JournalFileBackend

    def full(self, logs) -> None:
        with Path("/dev/full").open("w") as device:
            device.write("x")

    monkeypatch.setattr(JournalFileBackend, "append_logs", full)
    with pytest.raises(ModelError, match=r"No space left.*what was written goes on"):
        tune("lr", *part, n_trials=1, storage=tmp_path / "a.journal")


def test_time_limit_ends_the_search_between_folds(part) -> None:
    result = tune("lr", *part, n_trials=50, timeout_s=1e-9)
    assert result.ended == "time"
    assert result.trials == ()
    assert result.best_parameters == {}
    assert result.best_value is None


def test_failed_trial_is_recorded_and_the_search_goes_on(part, monkeypatch) -> None:
    right = InnerFolds.running_uar

    def sometimes(self, parameters):
        if parameters["C"] != 1.0:
            raise FloatingPointError("overflow")
        return right(self, parameters)

    monkeypatch.setattr(InnerFolds, "running_uar", sometimes)
    events: list[dict] = []
    result = tune("lr", *part, n_trials=3, emit=events.append)
    assert [t.state for t in result.trials] == ["complete", "failed", "failed"]
    assert result.trials[2].reason == "FloatingPointError: overflow"
    assert result.trials[2].value is None
    assert result.best_value == result.trials[0].value
    warnings = [e["message"] for e in events if e.get("level") == "warning"]
    assert warnings[0] == "trial 2 of 3 failed: FloatingPointError: overflow"


def test_hopeless_trials_are_given_up_after_a_fold(part, monkeypatch) -> None:
    tried: list[int] = []

    def worse_and_worse(self, parameters):
        tried.append(0)
        for _ in range(3):
            tried[-1] += 1
            yield 1 / len(tried)

    monkeypatch.setattr(InnerFolds, "running_uar", worse_and_worse)
    result = tune("lr", *part, n_trials=7)
    assert tried == [3, 3, 3, 3, 1, 1, 1]
    assert [t.state for t in result.trials[4:]] == ["pruned"] * 3
    assert result.best_value == 1


def test_progress_and_trials_are_told(part) -> None:
    events: list[dict] = []
    tune("lr", *part, n_trials=3, emit=events.append)
    progress = [(e["done"], e["total"]) for e in events if e["type"] == "progress"]
    assert progress == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert {e["what"] for e in events if e["type"] == "progress"} == {"search"}
    logs = [e["message"] for e in events if e["type"] == "log"]
    assert logs[0].startswith("trial 1 of 3: UAR ")


def test_given_parameters_are_kept_and_not_searched(part, monkeypatch) -> None:
    seen: list[dict] = []
    right = inner_folds.build_recogniser

    def build(name, **given):
        seen.append(given.get("parameters") or {})
        return right(name, **given)

    monkeypatch.setattr(inner_folds, "build_recogniser", build)
    result = tune("svm", *part, n_trials=2, parameters={"C": 10.0})
    fitted = [p for p in seen if "gamma" in p]
    assert {p["C"] for p in fitted} == {10.0}
    assert all("C" not in t.parameters for t in result.trials)


def test_nothing_left_to_search_is_refused(part) -> None:
    with pytest.raises(ParameterError, match=r"every parameter.*\(C, class_weight\)"):
        tune("lr", *part, parameters={"C": 1.0, "class_weight": None})


def test_search_learns_nothing_from_a_speaker_it_tests(part) -> None:
    """A column that names the speaker's only emotion must not help."""
    rng = np.random.default_rng(0)
    groups = speakers(120, each=6)
    y = np.repeat(np.array(["sad", "happy"])[rng.permutation(20) % 2], 6)
    leak = (np.arange(120) // 6)[:, None] == np.arange(20)
    X = np.hstack([rng.normal(size=(120, 2)), 5 * leak]).astype(np.float32)
    apart = tune("lr", X, y, groups, n_trials=3)
    mixed = tune("lr", X, y, None, n_trials=3)
    assert mixed.best_value > 0.95
    assert apart.best_value < 0.75


def test_scaling_and_projection_are_fitted_inside_the_folds(part) -> None:
    X, y, groups = part
    folds = InnerFolds(
        "lr",
        X,
        y,
        groups,
        seed=0,
        n_folds=3,
        parameters={},
        pca=2,
        n_threads=1,
    )
    for i in range(3):
        train, test = folds._folds[i]
        assert not set(groups[train]) & set(groups[test])
        X_train, X_test = folds._prepare(i)
        np.testing.assert_allclose(X_train.mean(axis=0), 0, atol=1e-4)
        assert abs(X_test.mean(axis=0)).max() > 1e-3


def test_folds_too_large_to_keep_give_the_same_result(part, monkeypatch) -> None:
    kept = told(tune("svm", *part, n_trials=3, pca=0.9))
    monkeypatch.setattr(inner_folds, "_KEPT_BYTES", 0)
    assert told(tune("svm", *part, n_trials=3, pca=0.9)) == kept


def test_training_part_is_not_changed(part) -> None:
    X, y, groups = part
    before = X.copy()
    tune("lr", X, y, groups, n_trials=2)
    assert np.array_equal(X, before)


def test_one_speaker_alone_falls_back_to_random_folds_and_says_so(part) -> None:
    X, y, _ = part
    events: list[dict] = []
    result = tune("lr", X, y, np.full(120, "a"), n_trials=1, emit=events.append)
    assert not result.by_speaker
    assert "inner folds are random" in events[0]["message"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_trials": 0}, "n_trials = 0"),
        ({"n_folds": 1}, "n_folds = 1"),
        ({"timeout_s": 0}, "timeout_s = 0"),
        ({"parameters": {"depth": 1}}, "'depth' is not known"),
    ],
)
def test_impossible_search_is_refused(part, change, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        tune("lr", *part, **change)


def test_folds_too_small_for_the_model_are_refused_before_the_search(part) -> None:
    X, y = overlapping(45)
    y[:10] = ["calm", "bored"] * 5
    with pytest.raises(ParameterError, match=r"30 utterances to fit to, and.*MLP"):
        tune("mlp", X, y, None, n_trials=1)


def test_lone_member_is_refused(part) -> None:
    X, y, _ = part
    y[0] = "bored"
    with pytest.raises(ParameterError, match="'bored' has 1 utterance"):
        tune("lr", X, y, None, n_trials=1)
