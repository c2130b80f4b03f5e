"""What a training plan accepts, keeps and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from ser_core.errors import ParameterError
from ser_core.training.plan import TrainingPlan, describe


def plan(**fields: Any) -> TrainingPlan:
    return TrainingPlan(**{"corpora": ("voices",), **fields})


def test_a_plan_survives_json() -> None:
    made = plan(
        corpora=("a", "b"),
        features="means180+denoise",
        model="svm",
        emotions=("happy", "sad"),
        pca=0.95,
        parameters={"C": 10.0},
        channels=("speech",),
    )
    assert TrainingPlan.from_json(made.to_json()) == made


def test_short_forms_become_full_names() -> None:
    assert plan(split="random").split == "random-70-15-15"
    assert plan(split="speaker").split == "speaker"


def test_the_key_knows_what_is_trained_and_not_where_it_is_saved() -> None:
    assert plan().key == plan(save="mine", preset="report").key
    assert plan().key != plan(seed=1).key
    assert plan().key != plan(parameters={"C": 2.0}).key


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"corpora": ()}, "at least one"),
        ({"corpora": ("a", "a")}, "twice"),
        ({"model": "oracle"}, "model = 'oracle' is not known"),
        ({"features": "mfcc7"}, "features = 'mfcc7' is not known"),
        ({"split": "leaky"}, "split = 'leaky' is not known"),
        ({"emotions": ("happy",)}, "fewer than two"),
        ({"emotions": ("happy", "hangry")}, "emotions = 'hangry'"),
        ({"labels": "age"}, "labels = 'age'"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 2.5}, "seed = 2.5"),
        ({"seed": True}, "seed = True"),
        ({"n_folds": 1}, "n_folds = 1"),
        ({"limit": 0}, "limit = 0"),
        ({"tune": -3}, "tune = -3"),
        ({"pca": 1.5}, "pca"),
        ({"pca": 0}, "pca"),
        ({"min_agreement": 1.2}, "min_agreement = 1.2"),
        ({"save": "../outside"}, "save = '../outside'"),
        ({"parameters": {"gammma": 1}}, "gammma"),
    ],
)
def test_what_is_not_possible_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        plan(**fields)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"corpora": ["a"], "colour": "red"},
        {"corpora": 3},
        {"corpora": ["a"], "seed": "many"},
        {"corpora": ["a"], "min_agreement": "high"},
        {"corpora": ["a"], "parameters": ["C"]},
    ],
)
def test_json_that_is_no_plan_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        TrainingPlan.from_json(document)


def test_a_line_names_corpora_without_the_folders_above() -> None:
    line = describe(plan(corpora=("/home/someone/EMO-DB/", "tess"), pca=0.9))
    assert line == "EMO-DB + tess, functionals, svm, PCA 0.9, speaker"


@pytest.mark.parametrize("name", ["default", "Default"])
def test_no_model_is_saved_under_the_shipped_one_s_name(name: str) -> None:
    with pytest.raises(ParameterError, match="comes with SER Lab"):
        plan(save=name)
