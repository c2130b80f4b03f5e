"""The description of pre-processing: its grammar, its ranges, its JSON."""

from __future__ import annotations

import itertools
import json

import pytest

from ser_core.audio.preprocessing import (
    NO_PREPROCESSING,
    STEPS,
    WINDOWS,
    Preprocessing,
    parse_steps,
)
from ser_core.errors import ParameterError
from ser_core.features import feature_set


@pytest.mark.parametrize(
    "steps", list(itertools.permutations(("denoise", "trim", "normalise", "hamming")))
)
def test_steps_are_done_in_one_order_however_they_are_named(
    steps: tuple[str, ...],
) -> None:
    assert parse_steps(steps).steps() == ("denoise", "trim", "normalise", "hamming")


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_parsed_to_itself(step: str) -> None:
    assert parse_steps([step]).steps() == (step,)


def test_no_step_is_no_pre_processing() -> None:
    assert parse_steps([]) == NO_PREPROCESSING
    assert NO_PREPROCESSING.to_json() == {}


@pytest.mark.parametrize("steps", [["hann"], ["reverb"], [""], ["trim", "trim"]])
def test_unknown_and_repeated_steps_are_refused(steps: list[str]) -> None:
    with pytest.raises(ParameterError, match="not known or named twice; choose from"):
        parse_steps(steps)


@pytest.mark.parametrize(
    "steps",
    [["trim", "cut-silence"], ["normalise", "loudness"], ["hamming", "blackman"]],
)
def test_steps_that_exclude_each_other_are_refused(steps: list[str]) -> None:
    with pytest.raises(ParameterError, match="exclude each other, because"):
        parse_steps(steps)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("noise_reduction", 1.1),
        ("noise_share", 0.0),
        ("silence_db", 0.0),
        ("keep_s", -0.1),
        ("min_pause_s", float("nan")),
        ("peak", 0.0),
        ("loudness_lufs", 3.0),
    ],
)
def test_values_outside_their_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{name} = .* is outside"):
        Preprocessing(**{name: value})


def test_an_unknown_window_is_refused() -> None:
    with pytest.raises(ParameterError, match="window = 'kaiser' is not known"):
        Preprocessing(window="kaiser")


def test_parameters_of_steps_that_are_off_do_not_appear() -> None:
    quiet = Preprocessing(trim=True, peak=0.5, loudness_lufs=-30.0)
    assert quiet.to_json() == Preprocessing(trim=True).to_json()
    assert set(quiet.to_json()) == {"trim"}
    other = Preprocessing(trim=True, silence_db=50.0)
    assert other.to_json() != quiet.to_json()
    assert json.loads(json.dumps(other.to_json())) == other.to_json()


def test_scipy_knows_every_window() -> None:
    from scipy.signal import get_window

    for window in WINDOWS:
        assert len(get_window(Preprocessing(window=window).scipy_window, 8)) == 8


def test_keys_without_pre_processing_stay_what_they_were() -> None:
    assert feature_set("mfcc13x500").key.startswith("49f87de7")
    assert feature_set("mfcc20x500").key.startswith("aebf612b")


def test_every_step_changes_the_key() -> None:
    labels = ["mfcc13x500", *(f"mfcc13x500+{step}" for step in STEPS)]
    assert len({feature_set(label).key for label in labels}) == len(labels)
    assert [feature_set(label).label for label in labels] == labels


def test_the_order_of_the_label_changes_no_key() -> None:
    one, other = "mfcc13x500+trim+denoise", "mfcc13x500+denoise+trim"
    assert feature_set(one).key == feature_set(other).key
    assert feature_set(one).label == other
