"""What figures of trained models say, checked against figures chosen by hand."""

from __future__ import annotations

import doctest
from typing import Any

import pytest
from study_records import comparison_records, study_record
from training_records import training_record

from pages._view.figures import (
    model_acceleration,
    model_calibration,
    model_classes,
    model_coefficients,
    model_dimensions,
    model_forest,
    model_heat,
    model_importance,
    model_learning,
    model_published,
    model_record,
    model_speakers,
    model_splits,
    model_tuning,
)
from ser_core.evaluation.paired import McNemar, PairedTest, SpeakerBootstrap
from ser_core.evaluation.published import PublishedFigure

Record = dict[str, Any]


def result(uar: float, *, independent: bool, **more: Any) -> Record:
    return {
        "split": "speaker" if independent else "kfold",
        "speaker_independent": independent,
        "uar": uar,
        "war": uar,
        "uar_interval": [uar - 0.05, uar + 0.05],
        **more,
    }


def run(random: float | None, unseen: float | None, **more: Any) -> Record:
    honest = None if unseen is None else result(unseen, independent=True)
    top = honest if random is None else result(random, independent=False)
    return {
        "kind": "training",
        "features": "functionals",
        "model": "svm",
        "classes": ["angry", "calm", "sad", "happy"],
        "corpora": [{"name": "ravdess"}],
        **(top or {}),
        "unseen_speakers": None if random is None else honest,
        **more,
    }


def test_examples_hold() -> None:
    failed, tried = doctest.testmod(model_record)
    assert (failed, tried > 0) == (0, True)


def test_f1_names_the_class_that_new_speakers_cost_most() -> None:
    def scores(angry: float, calm: float) -> Record:
        return {"angry": {"f1": angry}, "calm": {"f1": calm}}

    record = run(0.8, 0.5, classes=["angry", "calm"])
    record["per_class"] = scores(0.9, 0.7)
    record["unseen_speakers"]["per_class"] = scores(0.4, 0.6)
    reading = model_classes.per_class_f1(record).reading
    assert "calm is found best (F1 0.60) and angry worst (0.40)" in reading
    assert "New speakers cost angry most: 0.50 below the random split." in reading


def test_f1_without_intervals_says_why() -> None:
    chart = model_classes.per_class_f1(training_record(n_speakers=5))
    assert chart.figure is not None
    assert "No intervals: 5 speakers are too few" in chart.reading
    assert not any(
        trace.error_x.visible for trace in chart.figure.data if trace.type == "bar"
    )


def test_intervals_reach_from_low_to_high() -> None:
    record = training_record()
    figure = model_classes.per_class_f1(record).figure
    assert figure is not None
    bars = figure.data[1]
    low, high = record["unseen_speakers"]["per_class"]["angry"]["f1_interval"]
    assert bars.x[0] + bars.error_x.array[0] == pytest.approx(high)
    assert bars.x[0] - bars.error_x.arrayminus[0] == pytest.approx(low)


def test_the_gap_is_the_records_own_sentence() -> None:
    record = training_record()
    reading = model_splits.random_against_unseen(record).reading
    assert reading.startswith(record["gap"])


def test_a_gap_without_a_sentence_is_put_into_words() -> None:
    reading = model_splits.gap_reading(run(0.81, 0.54))
    assert "UAR is 81.0 % with the random folds and 54.0 % with unseen" in reading


def test_a_speaker_split_alone_is_no_gap() -> None:
    reading = model_splits.gap_reading(run(None, 0.54))
    assert "UAR with unseen speakers is 54.0 % (95 % interval 49.0–59.0 %)" in reading


def test_a_random_split_alone_says_why_unseen_speakers_are_missing() -> None:
    record = run(0.8, None, unseen_speakers_reason="speakers are unknown.")
    chart = model_splits.random_against_unseen(record)
    assert "Unseen speakers: not known (speakers are unknown)." in chart.reading


def test_chance_and_people_are_named_with_their_figures() -> None:
    record = run(0.8, 0.5, human={"accuracy": 0.625, "source": "a listening test"})
    chart = model_splits.random_against_unseen(record)
    assert chart.figure is not None
    names = [trace.name for trace in chart.figure.data]
    assert "chance for UAR, 25.0 %" in names
    assert "people's accuracy, 62.5 %" in names
    assert "People's accuracy: a listening test." in chart.reading


def test_speakers_stand_from_the_hardest_to_the_easiest() -> None:
    record = run(None, 0.5)
    record["by_speaker"] = [
        {"speaker": "03", "n": 60, "uar": 0.7, "war": 0.7},
        {"speaker": "01", "n": 60, "uar": 0.2, "war": 0.3},
        {"speaker": "02", "n": 20, "uar": 0.5, "war": 0.5},
    ]
    chart = model_speakers.by_speaker(record)
    assert chart.figure is not None
    assert [row[0] for row in chart.figure.data[0].customdata] == ["01", "02", "03"]
    assert "from 20 % (speaker 01) to 70 % (speaker 03)" in chart.reading
    assert "60 files" in chart.reading


def test_the_spread_of_one_fold_is_not_drawn() -> None:
    record = run(0.8, None)
    record["folds"] = [{"name": "test", "uar": 0.8, "war": 0.8}]
    assert model_speakers.folds(record).figure is None


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.9, "surer than it is right"),
        (0.5, "less sure than it is right"),
        (0.61, "as sure as it is right"),
    ],
)
def test_calibration_says_which_way_it_errs(confidence: float, words: str) -> None:
    rows = [{"confidence": confidence, "accuracy": 0.6, "n": 40}]
    chart = model_calibration.reliability(run(None, 0.5, calibration=rows, ece=0.3))
    assert words in chart.reading


def curve(*uars: float, spread: float = 0.01) -> Record:
    rows = [
        {
            "n_train": 100 * 2**i,
            "uar": uar,
            "war": uar,
            "low": uar - spread,
            "high": uar + spread,
            "split": "speaker",
        }
        for i, uar in enumerate(uars)
    ]
    return study_record("learning-curve", rows=rows)


def test_a_rising_learning_curve_asks_for_more_data() -> None:
    reading = model_learning.learning_curve(curve(0.3, 0.4, 0.5)).reading
    assert reading.startswith("More data still helps")
    assert "from 200 to 400 utterances" in reading
    assert "+10.0 points" in reading


def test_a_step_within_its_interval_is_no_gain() -> None:
    reading = model_learning.learning_curve(curve(0.4, 0.41, spread=0.05)).reading
    assert "lies within its interval" in reading
    assert "helps" not in reading


def test_empty_cells_say_why_and_reduced_ones_that_they_are() -> None:
    empty = model_heat.Cell(
        features="mfcc13x500", model="xgb", note="not run: estimate 12 min"
    )
    chart = model_heat.features_by_models(comparison_records(), empty=[empty])
    assert chart.figure is not None
    words = [note.text for note in chart.figure.layout.annotations]
    assert "not run:<br>estimate 12<br>min" in words
    assert any("reduced by<br>PCA" in text for text in words)


def test_a_cell_of_the_comparison_shows_unseen_before_random() -> None:
    chart = model_heat.features_by_models([run(0.81, 0.54)])
    assert chart.figure is not None
    assert chart.figure.layout.annotations[0].text == "<b>54</b> (81)"
    assert "27 points" in chart.reading


def test_coefficients_are_no_verdict_within_the_interval() -> None:
    chart = model_coefficients.coefficients(study_record("coefficients"))
    assert "1.54× the values" in chart.reading
    assert "less than its interval can tell from nothing" in chart.reading


def test_the_component_that_reaches_the_share_is_found() -> None:
    rows = [
        {"component": i, "share": s, "cumulated": c}
        for i, s, c in ((1, 0.6, 0.6), (2, 0.35, 0.95), (3, 0.05, 1.0))
    ]
    chart = model_dimensions.explained_variance(study_record("dimensions", rows=rows))
    assert "2 components of 3 explain 95 %" in chart.reading


def test_a_share_that_is_not_reached_is_said() -> None:
    rows = [{"component": 1, "share": 0.6, "cumulated": 0.6}]
    chart = model_dimensions.explained_variance(study_record("dimensions", rows=rows))
    assert "60.0 %, less than 95 %" in chart.reading


def test_importance_shows_the_largest_losses_first_and_no_more() -> None:
    chart = model_importance.importance(study_record("importance"), most=5)
    assert chart.figure is not None
    bars = [trace.x[0] for trace in chart.figure.data if trace.type == "bar"]
    assert bars == sorted(bars, reverse=True)
    assert len(bars) == 5


def test_failed_and_pruned_trials_are_marked_and_never_best() -> None:
    trials = [
        {"number": 0, "value": 0.5, "state": "complete", "parameters": {"C": 1.0}},
        {"number": 1, "value": 0.9, "state": "pruned", "parameters": {"C": 2.0}},
        {"number": 2, "value": None, "state": "failed", "parameters": {"C": 3.0}},
    ]
    chart = model_tuning.history(run(0.8, 0.5, tuning={"trials": trials}))
    assert chart.figure is not None
    assert "number 0 with 50.0 % (C = 1)" in chart.reading
    assert "1 pruned and 1 failed." in chart.reading
    assert max(chart.figure.data[-1].y) == 50


def published(value: float, *, independent: bool | None, **more: Any) -> Any:
    return PublishedFigure(
        corpora=("ravdess",),
        method=f"method {value}",
        metric="UAR",
        value=value,
        n_classes=8,
        split="as they did",
        speaker_independent=independent,
        source="somebody",
        **more,
    )


def test_published_figures_are_hollow_and_apart_by_what_the_test_knew() -> None:
    figures = [
        published(0.62, independent=True),
        published(0.75, independent=True, pretrained=True),
        published(0.99, independent=False),
        published(0.8, independent=None),
    ]
    chart = model_published.beside_published([run(0.81, 0.54)], figures)
    assert chart.figure is not None
    axes: dict[float, str] = {}
    for trace in chart.figure.data:
        if trace.type != "bar":
            continue
        theirs = "published elsewhere" in str(trace.customdata[0])
        assert (trace.marker.color == "rgba(0,0,0,0)") is theirs
        axes[round(float(trace.x[0]))] = trace.xaxis
    assert axes[62] == axes[75] == axes[54]
    assert axes[99] == axes[81]
    assert len({axes[62], axes[99], axes[80]}) == 3
    assert (
        "without pre-trained weights: method 0.62, 62.0 % (somebody)" in chart.reading
    )


def test_a_silent_fall_back_is_told_and_has_no_ratio() -> None:
    chart = model_acceleration.acceleration(study_record("acceleration"))
    assert chart.figure is not None
    assert "svm gains most: 3.81× as fast" in chart.reading
    assert "Slower when accelerated: knn." in chart.reading
    assert "Silently ran stock code all the same: dt" in chart.reading
    words = [t for trace in chart.figure.data for t in trace.text or ()]
    assert [w.strip() for w in words if "fell back" in w] == [
        "0.81 s · fell back to stock"
    ]


def test_times_that_overlap_are_not_called_slower() -> None:
    record = study_record("acceleration")
    for row in record["rows"]:
        row["high_s"] = 2.0
    reading = model_acceleration.acceleration(record).reading
    assert "Slower" not in reading
    assert "svm gains most" in reading


def test_the_forest_is_sorted_and_calls_a_close_race_close() -> None:
    runs = [run(0.9, 0.5, model="knn"), run(0.8, 0.53), run(None, 0.3, model="dt")]
    chart = model_forest.forest(runs)
    assert chart.figure is not None
    ticks = list(chart.figure.layout.yaxis.categoryarray)
    assert ticks == ["functionals, svm", "functionals, knn", "functionals, dt"]
    assert "1 other run within its interval (48.0–58.0 %)" in chart.reading


def test_runs_of_one_name_stay_apart_and_runs_without_unseen_are_counted() -> None:
    chart = model_forest.forest([run(0.8, 0.5), run(0.8, 0.4), run(0.9, None)])
    assert chart.figure is not None
    ticks = list(chart.figure.layout.yaxis.categoryarray)
    assert ticks == ["functionals, svm", "functionals, svm #2"]
    assert "1 run without unseen speakers left out." in chart.reading


def test_a_difference_across_zero_is_drawn_hollow() -> None:
    def test(low: float, high: float) -> PairedTest:
        return PairedTest(
            names=("A", "B"),
            n=100,
            war_difference=0.0,
            uar_difference=(low + high) / 2,
            mcnemar=McNemar(only_a=1, only_b=1, statistic=None, p_value=1.0),
            resampled_t=None,
            bootstrap=SpeakerBootstrap(
                n_speakers=24, interval=(low, high), p_value=0.5
            ),
            words="As it is.",
        )

    figure = model_forest.differences([test(0.02, 0.08), test(-0.02, 0.08)]).figure
    assert figure is not None
    symbols = [t.marker.symbol for t in figure.data if t.mode == "markers"]
    assert symbols == ["diamond", "circle-open"]
