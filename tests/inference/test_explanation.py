"""What drove a decision: models whose answers are known, small real ones, words."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from inference_voices import RATE, voice

from ser_core.audio.decode import decode
from ser_core.corpora.reader import read_corpus
from ser_core.errors import AudioError, ModelError, ParameterError
from ser_core.features.feature_set import FeatureSet
from ser_core.features.front_ends import front_end
from ser_core.features.plain_groups import plain_groups
from ser_core.features.registry import feature_set
from ser_core.inference.decision import UNSURE, Decision
from ser_core.inference.explanation import (
    LONGEST_S,
    GroupEffect,
    Occluded,
    group_effects,
    in_words,
    occlusion,
)
from ser_core.inference.explanation_occlusion import floor_noise
from ser_core.inference.explanation_words import CAVEAT
from ser_core.models.registry import build_recogniser

pytestmark = pytest.mark.timeout(120)

PROSODY = feature_set("prosody")
GROUPS = {group.name: group for group in plain_groups(PROSODY)}
AVERAGE = np.linspace(-3, 3, PROSODY.size)


class GroupModel:
    """Answer with any function of which groups differ from the average."""

    name = "groups"
    classes = ("angry", "calm")
    feature_set: FeatureSet = PROSODY
    recogniser: Any = (SimpleNamespace(mean_=AVERAGE),)

    def __init__(self, value: Callable[[frozenset[str]], float]) -> None:
        self.value = value
        self.batches: list[int] = []

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        self.batches.append(len(X))
        angry = np.array([self.value(present(row)) for row in X])
        return np.stack([angry, 1 - angry], axis=1)


class TrainedModel:
    """A recogniser of the registry behind the contract of a loaded model."""

    name = "trained"

    def __init__(self, recogniser: Any, described: FeatureSet) -> None:
        self.recogniser, self.feature_set = recogniser, described
        self.classes = tuple(map(str, recogniser.classes_))
        self._front_end = front_end("reference")

    def features(self, samples: np.ndarray, *, sample_rate: int) -> np.ndarray:
        values = self._front_end.compute(
            samples, sample_rate=sample_rate, feature_set=self.feature_set
        )
        return values.reshape(-1)

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.recogniser.predict_proba(np.array(X)), np.float64)


class LoudestModel:
    """Find a clip the angrier the louder its loudest 10 ms are."""

    classes = ("angry", "calm")

    def __init__(self) -> None:
        self.clips: list[np.ndarray] = []

    def features(self, samples: np.ndarray, *, sample_rate: int) -> np.ndarray:
        self.clips.append(samples)
        frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
        loudest = np.sqrt(np.square(frames).mean(axis=1)).max()
        if loudest < 1e-4:
            raise AudioError("nothing but silence is left; record more")
        return np.array([loudest], np.float32)

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        angry = np.clip(X[:, 0].astype(np.float64), 0.05, 0.95)
        return np.stack([angry, 1 - angry], axis=1)


def present(row: np.ndarray) -> frozenset[str]:
    """Name the groups of a row that are not the average."""
    changed = row != AVERAGE.astype(np.float32)
    for group in GROUPS.values():
        inside = changed[list(group.columns)]
        assert inside.all() or not inside.any(), "a group is taken away as a whole"
    return frozenset(n for n, g in GROUPS.items() if changed[g.columns[0]])


def clip_features() -> np.ndarray:
    return (AVERAGE + 1).astype(np.float32)


def by_name(effects: tuple[GroupEffect, ...]) -> dict[str, GroupEffect]:
    return {effect.name: effect for effect in effects}


def shapley_by_orders(value: Callable[[frozenset[str]], float]) -> dict[str, float]:
    """Take the mean gain of each group over all orders in which groups can come."""
    gains = dict.fromkeys(GROUPS, 0.0)
    for order in permutations(GROUPS):
        for place, name in enumerate(order):
            before = frozenset(order[:place])
            gains[name] += value(before | {name}) - value(before)
    return {name: gain / math.factorial(len(GROUPS)) for name, gain in gains.items()}


def test_a_model_that_uses_one_group_is_explained_by_it_alone() -> None:
    model = GroupModel(lambda groups: 0.9 if "pitch" in groups else 0.2)
    effects = group_effects(model, clip_features())
    first, *others = effects
    assert first.name == "pitch"
    assert first.probability == pytest.approx(0.9)
    assert first.without == pytest.approx(0.2)
    assert first.effect == first.share == pytest.approx(0.7)
    assert first.instead == "calm"
    assert len(others) == len(GROUPS) - 1
    assert all(e.effect == e.share == 0 and e.instead is None for e in others)


def test_groups_that_stand_in_for_each_other_share_what_neither_has_alone() -> None:
    model = GroupModel(lambda g: 0.8 if {"pitch", "level"} & g else 0.3)
    effects = by_name(group_effects(model, clip_features()))
    for name in ("pitch", "level"):
        assert effects[name].effect == pytest.approx(0)
        assert effects[name].share == pytest.approx(0.25)


def test_shares_are_shapley_values_and_add_up() -> None:
    def value(groups: frozenset[str]) -> float:
        rng = np.random.default_rng([len(name) for name in sorted(groups)])
        return float(0.2 + 0.7 * rng.uniform())

    effects = by_name(group_effects(GroupModel(value), clip_features(), of="angry"))
    expected = shapley_by_orders(value)
    for name, share in expected.items():
        assert effects[name].share == pytest.approx(share)
    total = value(frozenset(GROUPS)) - value(frozenset())
    assert sum(e.share for e in effects.values()) == pytest.approx(total)


def test_all_combinations_are_predicted_in_one_batch() -> None:
    model = GroupModel(lambda groups: 0.5)
    group_effects(model, clip_features())
    assert model.batches == [2 ** len(GROUPS)]


def test_another_class_can_be_explained() -> None:
    model = GroupModel(lambda groups: 0.9 if "pitch" in groups else 0.2)
    pitch = by_name(group_effects(model, clip_features(), of="calm"))["pitch"]
    assert pitch.probability == pytest.approx(0.1)
    assert pitch.effect == pytest.approx(-0.7)
    assert pitch.instead == "calm"


def test_unknown_class_wrong_shape_and_missing_average_are_refused() -> None:
    model = GroupModel(lambda groups: 0.5)
    with pytest.raises(ParameterError, match="'furious' is no class of the model"):
        group_effects(model, clip_features(), of="furious")
    with pytest.raises(ParameterError, match=r"x has the shape \(3,\)"):
        group_effects(model, np.zeros(3, np.float32))
    model.recogniser = (SimpleNamespace(mean_=None),)
    with pytest.raises(ModelError, match="does not know the mean of its training"):
        group_effects(model, clip_features())


@pytest.mark.parametrize("name", ["lr", "mlp", "rf"])
def test_trained_model_leans_on_the_group_that_tells_its_classes_apart(
    name: str,
) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(5, 2, (400, PROSODY.size)).astype(np.float32)
    y = np.array(["angry", "sad"] * 200)
    X[y == "angry"] += 4 * np.isin(np.arange(PROSODY.size), GROUPS["rhythm"].columns)
    model = TrainedModel(build_recogniser(name).fit(X.copy(), y), PROSODY)
    before = X[0].copy()
    effects = group_effects(model, X[0])
    assert effects[0].name == "rhythm"
    assert effects[0].share > 3 * abs(effects[1].share)
    np.testing.assert_array_equal(X[0], before)
    average = model.recogniser[0].mean_.astype(np.float32)[np.newaxis]
    whole, none = model.probabilities(np.concatenate([X[:1], average]))[:, 0]
    assert sum(e.share for e in effects) == pytest.approx(whole - none)


def tone(seconds: float, *, amplitude: float, seed: int = 0) -> np.ndarray:
    """Make a tone in a little noise."""
    t = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).normal(scale=0.001, size=len(t))
    return (amplitude * np.sin(2 * np.pi * 220 * t) + noise).astype(np.float32)


@pytest.fixture(scope="module")
def one_loud_second() -> np.ndarray:
    """Four seconds of which the third is loud."""
    return np.concatenate(
        [tone(1, amplitude=a, seed=k) for k, a in enumerate([0.0, 0.05, 0.9, 0.0])]
    )


def test_evidence_is_found_where_it_is(one_loud_second: np.ndarray) -> None:
    parts = occlusion(LoudestModel(), one_loud_second, sample_rate=RATE, n_parts=4)
    assert [(p.start_s, p.end_s) for p in parts] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert parts[2].effect > 0.5
    assert [abs(p.effect) for k, p in enumerate(parts) if k != 2] == [
        pytest.approx(0, abs=0.01)
    ] * 3


def test_parts_touch_and_have_the_length_that_is_said() -> None:
    y = tone(3.3, amplitude=0.3)
    parts = occlusion(LoudestModel(), y, sample_rate=RATE)
    assert len(parts) == 8
    assert parts[0].start_s == 0
    assert parts[-1].end_s == pytest.approx(3.3)
    assert [p.end_s for p in parts[:-1]] == [p.start_s for p in parts[1:]]
    assert (
        len(occlusion(LoudestModel(), tone(14, amplitude=0.3), sample_rate=RATE)) == 16
    )


def test_a_covered_part_becomes_the_clip_s_own_pause(
    one_loud_second: np.ndarray,
) -> None:
    model = LoudestModel()
    occlusion(model, one_loud_second, sample_rate=RATE, n_parts=4)
    whole, *covered = model.clips
    np.testing.assert_array_equal(whole, one_loud_second)
    loud = slice(2 * RATE, 3 * RATE)
    pause = one_loud_second[: RATE // 2]
    assert covered[2].dtype == np.float32
    assert covered[2][loud].std() == pytest.approx(pause.std(), rel=0.3)
    faded = round(0.01 * RATE)
    np.testing.assert_array_equal(
        covered[2][: 2 * RATE - faded], one_loud_second[: 2 * RATE - faded]
    )
    np.testing.assert_array_equal(
        covered[2][3 * RATE + faded :], one_loud_second[3 * RATE + faded :]
    )


def test_edges_are_faded(one_loud_second: np.ndarray) -> None:
    model = LoudestModel()
    occlusion(model, one_loud_second, sample_rate=RATE, n_parts=7)
    # the fifth part lies within the loud second, and begins near a crest of its tone
    edge = round(4 / 7 * 4 * RATE)
    assert abs(one_loud_second[edge]) > 0.5
    steps = np.abs(np.diff(model.clips[5]))
    assert steps.max() <= 1.1 * np.abs(np.diff(one_loud_second)).max()


def test_digital_silence_stays_the_floor_of_a_clip_that_has_it() -> None:
    y = np.concatenate([tone(1, amplitude=0.3), np.zeros(RATE, np.float32)])
    assert not floor_noise(y, sample_rate=RATE).any()


def test_noise_is_far_below_the_voice_in_a_clip_without_pauses() -> None:
    y = tone(2, amplitude=0.5)
    noise = floor_noise(y, sample_rate=RATE)
    below_db = 20 * np.log10(y.std() / noise.std())
    assert below_db == pytest.approx(35, abs=1)
    np.testing.assert_array_equal(noise, floor_noise(y, sample_rate=RATE))
    assert (noise != floor_noise(y, sample_rate=RATE, seed=1)).any()


def test_clip_too_short_for_parts_has_none() -> None:
    model = LoudestModel()
    assert occlusion(model, tone(0.15, amplitude=0.3), sample_rate=RATE) == ()
    assert model.clips == []


def test_part_that_holds_all_there_is_has_no_probability_without() -> None:
    y = np.zeros(4 * RATE, np.float32)
    y[RATE : 2 * RATE] = tone(1, amplitude=0.5)
    parts = occlusion(LoudestModel(), y, sample_rate=RATE, n_parts=4)
    assert [p.without is None for p in parts] == [False, True, False, False]
    assert parts[1].effect == parts[1].probability


def test_clip_that_cannot_be_analysed_is_an_error() -> None:
    with pytest.raises(AudioError, match="nothing but silence"):
        occlusion(LoudestModel(), np.zeros(RATE, np.float32), sample_rate=RATE)


def test_progress_is_told_and_stopping_ends_it() -> None:
    y, told = tone(2, amplitude=0.3), []
    occlusion(
        LoudestModel(),
        y,
        sample_rate=RATE,
        n_parts=3,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    model = LoudestModel()
    stopped = occlusion(
        model, y, sample_rate=RATE, should_stop=lambda: len(model.clips) >= 2
    )
    assert stopped == ()
    assert len(model.clips) == 2


def test_what_cannot_be_taken_apart_is_refused() -> None:
    model = LoudestModel()
    with pytest.raises(ParameterError, match=r"y has the shape \(100, 2\)"):
        occlusion(model, np.zeros((100, 2), np.float32), sample_rate=RATE)
    long = np.zeros(round((LONGEST_S + 1) * RATE), np.float32)
    with pytest.raises(ParameterError, match=r"y has 16\.0 s and at most 15 s"):
        occlusion(model, long, sample_rate=RATE)
    y = tone(1, amplitude=0.3)
    for wrong in (1, 0, 11, 17):
        with pytest.raises(ParameterError, match=f"n_parts = {wrong} is not possible"):
            occlusion(model, y, sample_rate=RATE, n_parts=wrong)
    with pytest.raises(ParameterError, match="'furious' is no class"):
        occlusion(model, y, sample_rate=RATE, of="furious")
    assert model.clips == []


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_a_synthetic_voice_is_explained_at_any_rate(rate: int) -> None:
    import librosa

    y = librosa.resample(voice(3, 1.5), orig_sr=RATE, target_sr=rate)
    described = feature_set("functionals")
    X = np.random.default_rng(0).normal(size=(40, described.size)).astype(np.float32)
    labels = np.array(["angry", "sad"] * 20)
    model = TrainedModel(build_recogniser("lr").fit(X, labels), described)
    parts = occlusion(model, y, sample_rate=rate)
    assert len(parts) == 4
    assert all(p.without is not None and 0 <= p.without <= 1 for p in parts)


UNSURE_DECISION = Decision(emotion=UNSURE, best="angry", confidence=0.7)
SURE_DECISION = Decision(emotion="angry", best="angry", confidence=0.7)


def effect(
    name: str,
    *,
    share: float,
    without: float = 0.7,
    instead: str | None = None,
) -> GroupEffect:
    words = {"pitch": "pitch and melody", "rhythm": "rhythm and pauses"}
    return GroupEffect(
        name=name,
        words=words.get(name, name),
        about="",
        of="angry",
        probability=0.7,
        without=without,
        instead=instead,
        share=share,
    )


def parts_with(*without: float | None, p: float = 0.7) -> list[Occluded]:
    return [
        Occluded(start_s=k / 2, end_s=(k + 1) / 2, of="angry", probability=p, without=w)
        for k, w in enumerate(without)
    ]


def test_one_leading_group_is_said_with_what_happens_without_it() -> None:
    effects = [
        effect("pitch", share=0.4, without=0.4),
        effect("level", share=0.1, without=0.69),
    ]
    assert in_words(effects) == (
        "The model leans mostly on pitch and melody: without this, 'angry' would fall "
        "from 70% to 40%.",
        CAVEAT,
    )


def test_the_class_that_would_be_heard_instead_is_said() -> None:
    effects = [effect("pitch", share=0.4, without=0.2, instead="sad")]
    assert "from 70% to 20%, and the model would hear 'sad'." in in_words(effects)[0]


def test_groups_that_tie_are_both_named() -> None:
    effects = [
        effect("pitch", share=0.3, without=0.5),
        effect("rhythm", share=0.28, without=0.4),
    ]
    assert in_words(effects)[0] == (
        "The model leans mostly on pitch and melody and on rhythm and pauses: without "
        "rhythm and pauses, 'angry' would fall from 70% to 40%."
    )


def test_groups_that_stand_in_for_each_other_are_said_to() -> None:
    effects = [effect("pitch", share=0.3, without=0.69), effect("level", share=0.01)]
    assert in_words(effects)[0] == (
        "The model leans mostly on pitch and melody, but other properties stand in: "
        "without this, 'angry' stays at 69%."
    )


def test_nothing_that_matters_is_said_so() -> None:
    faint = [effect("pitch", share=0.01), effect("level", share=-0.01)]
    assert "No property of the sound speaks for 'angry'" in in_words(faint)[0]
    small = [effect(name, share=0.04) for name in ("pitch", "level", "rhythm")]
    assert in_words(small)[0].endswith("each adds a little.")
    even = parts_with(0.69, 0.68, 0.7)
    assert in_words([], even)[0] == (
        "No moment decides: whichever part is covered, 'angry' does not fall below 68%."
    )


def test_a_group_against_the_class_is_said() -> None:
    effects = [
        effect("pitch", share=0.4, without=0.4),
        effect("level", share=-0.1, without=0.85),
    ]
    assert in_words(effects)[1] == (
        "What speaks against 'angry' is level: without this, it would rise from 70% to "
        "85%."
    )


def test_an_unsure_model_is_called_unsure() -> None:
    effects = [effect("pitch", share=0.4, without=0.4)]
    first = in_words(effects, decision=UNSURE_DECISION)[0]
    assert first.startswith(
        "The model is unsure, and 'angry' is only its first guess: the model leans"
    )


def test_moments_are_said_in_seconds() -> None:
    effects = [effect("pitch", share=0.4, without=0.4)]
    one = in_words(effects, parts_with(0.7, 0.1, 0.65, 0.7))
    assert one[1] == (
        "Most of it comes from 0.5 s to 1.0 s: with this part covered 'angry' falls "
        "from 70% to 10%."
    )
    two = in_words(effects, parts_with(0.7, 0.4, 0.4, 0.6, 0.5))
    assert two[1] == "Most of it comes from 0.5 s to 1.5 s."
    all_over = in_words(effects, parts_with(0.5, 0.7, 0.7, 0.5))
    assert "spread over the recording" in all_over[1]
    gone = in_words(effects, parts_with(0.7, None, 0.7))
    assert gone[1].endswith("nothing that can be analysed is left without it.")


def test_sentences_are_two_to_four_and_end_with_what_they_do_not_mean() -> None:
    assert in_words([]) == in_words([], []) == ()
    effects = [
        effect("pitch", share=0.4, without=0.4),
        effect("level", share=-0.1, without=0.85),
    ]
    everything = in_words(effects, parts_with(0.1, 0.7), decision=UNSURE_DECISION)
    assert len(everything) == 4
    assert everything[-1] == CAVEAT


@pytest.fixture(scope="module")
def emo_db() -> tuple[TrainedModel, dict[str, dict[str, list[Path]]]]:
    """Train on angry, happy, neutral and sad of six speakers; keep four speakers."""
    root = os.environ.get("SER_TEST_CORPORA")
    if not root:
        pytest.skip("SER_TEST_CORPORA does not name the folder of real corpora")
    kept: dict[str, dict[str, list[Path]]] = {}
    rows, labels = [], []
    described = feature_set("functionals")
    untrained = TrainedModel(SimpleNamespace(classes_=[]), described)
    for utterance in read_corpus(Path(root) / "EMO-DB").utterances:
        if utterance.emotion not in ("angry", "happy", "neutral", "sad"):
            continue
        if utterance.speaker in ("03", "08", "11", "16"):
            by_emotion = kept.setdefault(utterance.speaker, {})
            by_emotion.setdefault(utterance.emotion, []).append(utterance.path)
        elif len(rows) < 160:
            y, sample_rate = decode(utterance.path)
            rows.append(untrained.features(y, sample_rate=sample_rate))
            labels.append(utterance.emotion)
    recogniser = build_recogniser("lr").fit(np.stack(rows), np.array(labels))
    return TrainedModel(recogniser, described), kept


def test_evidence_for_anger_lies_in_the_angry_half_of_real_clips(
    emo_db: tuple[TrainedModel, dict[str, dict[str, list[Path]]]],
) -> None:
    model, kept = emo_db
    in_angry_half = []
    for clips in kept.values():
        for number, (first, second) in enumerate(
            zip(clips["angry"][:4], clips["neutral"], strict=False)
        ):
            (angry, sample_rate), (neutral, _) = decode(first), decode(second)
            angry_first = number % 2 == 0
            halves = [angry, neutral] if angry_first else [neutral, angry]
            turn_s = len(halves[0]) / sample_rate
            y = np.concatenate(halves)
            parts = occlusion(model, y, sample_rate=sample_rate, n_parts=8, of="angry")
            strongest = max(parts, key=lambda p: p.effect)
            middle_s = (strongest.start_s + strongest.end_s) / 2
            in_angry_half.append((middle_s < turn_s) == angry_first)
    assert len(in_angry_half) >= 12
    assert np.mean(in_angry_half) >= 0.75


def test_covering_real_pauses_changes_nothing(
    emo_db: tuple[TrainedModel, dict[str, dict[str, list[Path]]]],
) -> None:
    model, kept = emo_db
    effects = []
    for clips in kept.values():
        clip, sample_rate = decode(clips["angry"][0])
        y = np.concatenate([clip, np.zeros(sample_rate, np.float32)])
        parts = occlusion(model, y, sample_rate=sample_rate, n_parts=6)
        effects += [abs(p.effect) for p in parts if p.start_s > len(clip) / sample_rate]
    assert len(effects) >= 4
    assert max(effects) == pytest.approx(0, abs=0.01)
