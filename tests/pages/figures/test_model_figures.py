"""Every figure of trained models, over whole, partial, foreign and empty records."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import plotly.graph_objects as go
import pytest
from study_records import comparison_records, study_record
from training_records import training_record

from pages._view.figures import (
    Chart,
    model_acceleration,
    model_calibration,
    model_classes,
    model_coefficients,
    model_confusion,
    model_curves,
    model_dimensions,
    model_forest,
    model_heat,
    model_importance,
    model_learning,
    model_published,
    model_speakers,
    model_splits,
    model_tuning,
)
from pages._view.theme import FONT_PX
from ser_core.evaluation.curves import Curves, curves
from ser_core.evaluation.published import PUBLISHED

Record = dict[str, Any]
Figure = Callable[..., Chart]


def worked_out(result: Record | None, classes: list[str] | None) -> Curves | None:
    """Work out the curves of a result as a page does, from 200 of its utterances."""
    told = (result or {}).get("predictions") or {}
    chances = told.get("probabilities")
    if not chances or not classes:
        return None
    even = [[share / sum(row) for share in row] for row in chances[::7][:200]]
    return curves([classes[i] for i in told["truth"][::7][:200]], even, classes)


def with_curves(figure: Figure) -> Figure:
    def draw(record: Record, **how: Any) -> Chart:
        classes = record.get("classes")
        random, unseen = record, record.get("unseen_speakers")
        return figure(
            record,
            random=worked_out(random, classes),
            unseen=worked_out(unseen, classes),
            **how,
        )

    return draw


TRAINING_FIGURES: dict[str, Figure] = {
    "F1": model_classes.per_class_f1,
    "confusion, random": model_confusion.confusion,
    "confusion, unseen": lambda r, **k: model_confusion.confusion(
        r, unseen=True, rates=False, **k
    ),
    "ROC": with_curves(model_curves.roc),
    "precision and recall": with_curves(model_curves.precision_recall),
    "random against unseen": model_splits.random_against_unseen,
    "speakers": model_speakers.by_speaker,
    "folds": model_speakers.folds,
    "calibration": model_calibration.reliability,
    "search": model_tuning.history,
    "heat": lambda r, **k: model_heat.features_by_models([r], **k),
    "forest": lambda r, **k: model_forest.forest([r, r], **k),
    "published": lambda r, **k: model_published.beside_published([r], PUBLISHED, **k),
}

STUDY_FIGURES: dict[str, tuple[str, Figure]] = {
    "learning curve": ("learning-curve", model_learning.learning_curve),
    "coefficients": ("coefficients", model_coefficients.coefficients),
    "variance": ("dimensions", model_dimensions.explained_variance),
    "importance": ("importance", model_importance.importance),
    "acceleration": ("acceleration", model_acceleration.acceleration),
}


def without(record: Record, *fields: str) -> Record:
    """Copy a record with fields set to None wherever they occur."""

    def clear(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: None if k in fields else clear(v) for k, v in value.items()}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [clear(v) for v in value]
        return value

    cleared: Record = clear(record)
    return cleared


def partial_records() -> Iterator[tuple[str, Record]]:
    whole = training_record(tuned=True)
    yield "no unseen speakers", {**whole, "unseen_speakers": None}
    yield "speaker split", training_record(split="speaker")
    yield "one corpus out", training_record(split="loco", corpora=("ravdess", "tess"))
    yield "few speakers", training_record(n_speakers=5)
    yield "no probabilities", training_record(probabilities=False)
    yield (
        "no intervals",
        without(whole, "uar_interval", "war_interval", "f1_interval"),
    )
    yield "no speakers", without(whole, "by_speaker", "speaker", "n_speakers")
    yield "no classes", without(whole, "classes", "per_class", "confusion")
    yield "no figures", without(whole, "uar", "war", "confusion")
    yield "no folds", without(whole, "folds")
    yield (
        "no circumstances",
        without(whole, "corpus", "corpora", "environment", "human"),
    )
    yield "torn matrix", {**whole, "confusion": {"labels": ["a", "b"], "counts": [[1]]}}
    failed = [{**trial, "value": None} for trial in whole["tuning"]["trials"]]
    yield "only failed trials", {**whole, "tuning": {"trials": failed}}
    yield "nothing", {"kind": "training"}
    yield "null everywhere", dict.fromkeys(whole, None) | {"kind": "training"}


@pytest.mark.parametrize(("size", "mode"), [("normal", "light"), ("big", "dark")])
@pytest.mark.parametrize("name", TRAINING_FIGURES)
def test_training_figure_is_drawn_with_units_and_a_reading(
    name: str, size: str, mode: str
) -> None:
    record = training_record(split="kfold", tuned=True)
    chart = TRAINING_FIGURES[name](record, size=size, mode=mode)
    assert chart.reading.endswith(".")
    assert_readable(chart, size)


@pytest.mark.parametrize(("size", "mode"), [("normal", "light"), ("big", "dark")])
@pytest.mark.parametrize("name", STUDY_FIGURES)
def test_study_figure_is_drawn_with_units_and_a_reading(
    name: str, size: str, mode: str
) -> None:
    study, figure = STUDY_FIGURES[name]
    chart = figure(study_record(study), size=size, mode=mode)
    assert chart.reading.endswith(".")
    assert_readable(chart, size)


@pytest.mark.parametrize("name", TRAINING_FIGURES)
@pytest.mark.parametrize(
    "record", [pytest.param(r, id=n) for n, r in partial_records()]
)
def test_partial_record_gives_a_smaller_figure_or_a_plain_sentence(
    record: Record, name: str
) -> None:
    before = copy.deepcopy(record)
    chart = TRAINING_FIGURES[name](record)
    assert chart.reading.endswith(".")
    assert chart.figure is None or len(chart.figure.data) > 0
    assert record == before, "a figure must not change its record"


@pytest.mark.parametrize("name", STUDY_FIGURES)
@pytest.mark.parametrize("rows", ["none", "null", "one", "empty"])
def test_partial_study_gives_a_smaller_figure_or_a_plain_sentence(
    name: str, rows: str
) -> None:
    study, figure = STUDY_FIGURES[name]
    whole = study_record(study)["rows"]
    given: dict[str, Any] = {
        "none": [],
        "null": None,
        "one": whole[:1],
        "empty": [dict.fromkeys(row) for row in whole],
    }
    chart = figure({**study_record(study), "rows": given[rows]})
    assert chart.reading.endswith(".")
    assert chart.figure is None or len(chart.figure.data) > 0
    assert (chart.figure is None) or rows == "one"


@pytest.mark.parametrize("name", STUDY_FIGURES)
def test_a_study_of_something_else_is_not_drawn(name: str) -> None:
    study, figure = STUDY_FIGURES[name]
    other = "dimensions" if study == "importance" else "importance"
    assert figure(study_record(other)).figure is None


@pytest.mark.parametrize("name", TRAINING_FIGURES)
def test_synthetic_voices_and_imported_runs_are_marked(name: str) -> None:
    record = training_record(split="kfold", tuned=True, source="imported")
    record["corpus"]["synthetic"] = True
    words = subtitle(TRAINING_FIGURES[name](record))
    assert "synthetic" in words
    assert "imported" in words
    plain = subtitle(TRAINING_FIGURES[name](training_record(split="kfold", tuned=True)))
    assert "synthetic" not in plain
    assert "imported" not in plain


@pytest.mark.parametrize("name", TRAINING_FIGURES)
def test_words_of_a_record_are_never_markup(name: str) -> None:
    hostile = '<a href="javascript:alert(1)">x</a>'
    text = json.dumps(training_record(split="kfold", tuned=True))
    inside = json.dumps(hostile)[1:-1]
    for word in ('"calm"', '"svm"', '"functionals"', '"ravdess"', '"fold 1"', '"C"'):
        text = text.replace(word, f'"{inside}{word[1:-1]}"')
    text = text.replace("ravdess/01", f"{inside}/{inside}")
    chart = TRAINING_FIGURES[name](json.loads(text))
    assert chart.figure is not None
    assert "<a href" not in "".join(strings(chart.figure))


@pytest.mark.parametrize("name", STUDY_FIGURES)
def test_words_of_a_study_are_never_markup(name: str) -> None:
    study, figure = STUDY_FIGURES[name]
    record = study_record(study)
    for row in record["rows"]:
        row |= {k: f"<a href='x'>{v}" for k, v in row.items() if isinstance(v, str)}
    chart = figure(record)
    assert chart.figure is not None
    assert "<a href" not in "".join(strings(chart.figure))


def test_both_splits_keep_their_colours_in_every_figure() -> None:
    record = training_record(split="kfold")
    colours: dict[str, set[str]] = {}
    for name in ("F1", "calibration", "folds", "speakers", "ROC"):
        figure = TRAINING_FIGURES[name](record).figure
        assert figure is not None
        for trace in figure.data:
            known = str(trace.name).split(",")[0]
            if known in ("random folds", "unseen speakers"):
                line = trace.line.color if trace.type == "scatter" else None
                colour = line or trace.marker.color
                colours.setdefault(known, set()).add(colour)
    assert colours == {"random folds": {"#D55E00"}, "unseen speakers": {"#009E73"}}


def test_empty_lists_of_runs_say_what_to_do() -> None:
    for chart in (
        model_heat.features_by_models([]),
        model_forest.forest([]),
        model_forest.differences([]),
        model_published.beside_published([], []),
    ):
        assert chart.figure is None
        assert chart.reading.endswith(".")


@pytest.mark.parametrize("size", ["normal", "big"])
def test_a_whole_comparison_is_drawn(size: Any) -> None:
    records = comparison_records()
    for figure in (model_heat.features_by_models, model_forest.forest):
        assert_readable(figure(records, size=size), size)


def assert_readable(chart: Chart, size: str) -> None:
    """Check that there is something to see, letters are large and axes are named."""
    figure = chart.figure
    assert figure is not None
    assert chart.title in figure.layout.title.text
    assert len(figure.data) > 0
    layout = figure.to_plotly_json()["layout"]
    axes = [axis for key, axis in layout.items() if key[:5] in ("xaxis", "yaxis")]
    assert min(axis["tickfont"]["size"] for axis in axes) >= FONT_PX[size]
    assert any((axis.get("title") or {}).get("text") for axis in axes)
    assert layout["height"] >= 150
    for note in layout.get("annotations", []):
        assert note["font"]["size"] >= FONT_PX[size]


def subtitle(chart: Chart) -> str:
    assert chart.figure is not None
    return str(chart.figure.layout.title.subtitle.text)


def strings(figure: go.Figure) -> Iterator[str]:
    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for key, below in value.items():
                if key != "template":
                    yield from walk(below)
        elif isinstance(value, (list, tuple)):
            for below in value:
                yield from walk(below)

    return walk(figure.to_plotly_json())
