"""Figures of the Demo page: one time axis, fixed colours, strangers' text escaped."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from test_figures_complete import assert_readable, strings
from test_figures_theme import EYES, contrast, lab, linear

from pages._view.figures import (
    Chart,
    demo_batch,
    demo_pictures,
    demo_result,
    demo_timeline,
    demo_why,
)
from pages._view.figures.demo_looks import (
    COULD_NOT_READ,
    EMOTION_COLOURS,
    UNSURE,
    emotion_look,
)
from pages._view.theme import PAGES
from ser_core.audio.envelope import Envelope, EnvelopeMeter
from ser_core.features.clip_pictures import clip_pictures
from ser_core.inference.decision import Decision
from ser_core.inference.explanation import GroupEffect, Occluded
from ser_core.inference.results import FileResult, Segment
from ser_core.labels import EMOTIONS

RATE = 16_000
CLASSES = ("angry", "happy", "neutral", "sad")
HOSTILE = '<a href="javascript:alert(1)">x</a>'


def decision(emotion: str, confidence: float = 0.6) -> Decision:
    best = CLASSES[0] if emotion == UNSURE else emotion
    return Decision(emotion=emotion, best=best, confidence=confidence)


def segment(
    start_s: float, end_s: float, emotion: str, confidence: float = 0.6
) -> Segment:
    answered = decision(emotion, confidence)
    rest = (1 - confidence) / (len(CLASSES) - 1)
    shares = {name: confidence if name == answered.best else rest for name in CLASSES}
    return Segment(
        start_s=start_s, end_s=end_s, decision=answered, probabilities=shares
    )


def sound(duration_s: float = 2.0) -> np.ndarray:
    t = np.arange(round(duration_s * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 8))
    return (0.2 * buzz).astype(np.float32)


def outline(duration_s: float) -> Envelope:
    y = np.random.default_rng(0).normal(scale=0.1, size=round(duration_s * 100))
    meter = EnvelopeMeter(sample_rate=100, n_samples=len(y))
    meter.feed(y.astype(np.float32))
    return meter.finish()


def hour() -> list[Segment]:
    answers = itertools.cycle([*CLASSES, UNSURE])
    return [segment(4.0 * k, 4.0 * k + 3, next(answers)) for k in range(900)]


def effect(words: str, share: float, *, of: str = "angry") -> GroupEffect:
    return GroupEffect(
        name=words,
        words=words,
        about="",
        of=of,
        probability=0.7,
        without=0.7 - share,
        instead=None,
        share=share,
    )


def parts(*effects: float, of: str = "angry") -> list[Occluded]:
    return [
        Occluded(
            start_s=0.4 * k,
            end_s=0.4 * (k + 1),
            of=of,
            probability=0.7,
            without=0.7 - value,
        )
        for k, value in enumerate(effects)
    ]


def results(*answers: str | None) -> list[FileResult]:
    return [
        FileResult(file="a.wav", error="is empty")
        if answer is None
        else FileResult(file="a.wav", decision=decision(answer))
        for answer in answers
    ]


FIGURES: dict[str, Callable[..., Chart]] = {
    "pictures": lambda **k: demo_pictures.aligned(
        sound(),
        clip_pictures(sound(), sample_rate=RATE),
        sample_rate=RATE,
        segments=[segment(0, 1, "sad"), segment(1.2, 1.25, UNSURE)],
        **k,
    ),
    "probabilities": lambda **k: demo_result.probabilities(
        {"angry": 0.6, "sad": 0.3, "neutral": 0.1},
        decided="angry",
        min_confidence=0.5,
        **k,
    ),
    "short timeline": lambda **k: demo_timeline.timeline(
        [segment(0.5, 3, "sad"), segment(4, 9, UNSURE)],
        outline(10),
        classes=CLASSES,
        duration_s=10,
        **k,
    ),
    "long timeline": lambda **k: demo_timeline.timeline(
        hour(), outline(3_600), classes=CLASSES, duration_s=3_600, **k
    ),
    "timeline without outline": lambda **k: demo_timeline.timeline(
        [segment(0, 2, "happy")], classes=CLASSES, duration_s=2, **k
    ),
    "groups": lambda **k: demo_why.groups(
        [effect("pitch", -0.1), effect("loudness", 0.3)], **k
    ),
    "moments": lambda **k: demo_why.occlusion(
        parts(0.1, 0.4, -0.1, 0.0), outline(1.6), **k
    ),
    "moments without outline": lambda **k: demo_why.occlusion(parts(0.1), None, **k),
    "counts": lambda **k: demo_batch.counts(
        results("sad", "sad", "angry", UNSURE, None), **k
    ),
}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("size", ["normal", "big"])
@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_drawn_with_units_and_a_reading(
    name: str, size: str, mode: str
) -> None:
    chart = FIGURES[name](size=size, mode=mode)
    assert chart.figure is not None
    assert_readable(chart.figure, size)
    assert chart.title in chart.figure.layout.title.text
    assert chart.reading.endswith(".")


@pytest.mark.parametrize("name", ["pictures", "short timeline", "moments"])
def test_all_panels_share_one_axis_of_time(name: str) -> None:
    layout = FIGURES[name]().figure.to_plotly_json()["layout"]
    axes = {key: axis for key, axis in layout.items() if key.startswith("xaxis")}
    last = f"x{len(axes)}"
    assert len(axes) > 1
    assert [axis.get("matches") for axis in axes.values()] == [
        *[last] * (len(axes) - 1),
        None,
    ]
    assert len({tuple(axis["range"]) for axis in axes.values()}) == 1
    assert axes[f"xaxis{len(axes)}"]["title"]["text"] == "seconds"


def test_pictures_show_silence_and_a_click() -> None:
    for y in (np.zeros(800, np.float32), np.ones(1, np.float32)):
        chart = demo_pictures.aligned(
            y, clip_pictures(y, sample_rate=RATE), sample_rate=RATE
        )
        assert chart.figure is not None
        assert chart.reading == "No voice with a pitch is heard in it."


def test_the_reading_of_the_pictures_names_the_pitch() -> None:
    assert "around 150 Hz" in FIGURES["pictures"]().reading


def test_probabilities_are_ranked_and_the_answer_is_bold() -> None:
    chart = demo_result.probabilities(
        {"sad": 0.2, "angry": 0.7, "calm": 0.1}, decided="angry", min_confidence=0.4
    )
    assert [trace.x[0] for trace in chart.figure.data] == pytest.approx([70, 20, 10])
    assert chart.figure.layout.yaxis.ticktext == ("<b>angry</b>", "sad", "calm")
    (line,) = chart.figure.layout.shapes
    assert line.x0 == line.x1 == pytest.approx(40)
    assert chart.reading == (
        "Angry is most probable with 70 %, 50 points ahead of sad."
    )


def test_no_answer_is_explained() -> None:
    chart = demo_result.probabilities(
        {"sad": 0.55, "angry": 0.45}, decided=UNSURE, min_confidence=0.6
    )
    assert chart.reading.endswith("too little for an answer.")
    far = demo_result.probabilities({"sad": 1.0}, decided=UNSURE, min_confidence=0.6)
    assert far.reading.endswith("no answer is given.")


def test_equal_probabilities_are_no_finding() -> None:
    even = demo_result.probabilities(
        {"sad": 1 / 3, "angry": 1 / 3, "calm": 1 / 3},
        decided=UNSURE,
        min_confidence=0.6,
    )
    assert even.reading == "All are equally probable: this says nothing."


def test_each_stretch_is_a_block_in_its_row() -> None:
    chart = FIGURES["short timeline"]()
    blocks = {
        chart.figure.layout.yaxis2.ticktext[trace.y[0]]: (trace.base[0], trace.x[0])
        for trace in chart.figure.data
        if trace.type == "bar" and len(trace.x)
    }
    assert blocks == {"sad": (0.5, 2.5), UNSURE: (4.0, 5.0)}
    assert chart.reading == "Of 7.5 s of speech: sad 2.5 s (33 %); no answer for 67 %."


def test_the_surer_the_taller() -> None:
    chart = demo_timeline.timeline(
        [segment(0, 2, "sad", 0.3), segment(2, 4, "sad", 0.9)],
        classes=CLASSES,
        duration_s=4,
    )
    widths = next(trace.width for trace in chart.figure.data if len(trace.x))
    assert widths[0] < widths[1] <= 1


def test_an_hour_has_all_its_stretches_and_means_over_minutes() -> None:
    chart = FIGURES["long timeline"]()
    blocks = [t for t in chart.figure.data if t.type == "bar" and t.orientation == "h"]
    means = [t for t in chart.figure.data if t.type == "bar" and t.orientation != "h"]
    assert sum(len(trace.x) for trace in blocks) == 900
    assert [len(trace.x) for trace in means] == [60] * len(CLASSES)
    totals = np.sum([trace.y for trace in means], axis=0)
    np.testing.assert_allclose(totals, 100, atol=0.1)
    assert chart.figure.layout.xaxis3.title.text == "hours:minutes:seconds"


def test_means_are_weighted_by_the_seconds_in_each_span() -> None:
    # 3 s of the first span and 1 s of the second are one stretch, the rest another
    spoken = [segment(2, 6, "sad", 1.0), segment(6, 9, "angry", 1.0)]
    means = demo_timeline._means(spoken, CLASSES, duration_s=10, span_s=5)
    np.testing.assert_allclose(means, [[0, 0, 0, 1], [0.75, 0, 0, 0.25]])


def test_groups_are_ranked_and_add_up() -> None:
    chart = FIGURES["groups"]()
    assert chart.figure.layout.yaxis.ticktext == ("loudness", "pitch")
    assert [trace.x[0] for trace in chart.figure.data] == pytest.approx([30, -10])
    assert "would get 50 % for angry" in chart.reading
    assert "make it 70 %" in chart.reading


def test_the_moment_that_matters_is_named() -> None:
    assert FIGURES["moments"]().reading == (
        "0.4 s to 0.8 s matters most: without it, angry falls from 70 % to 30 %."
    )
    assert "No single moment" in demo_why.occlusion(parts(0.0, -0.2), None).reading
    only = Occluded(start_s=0, end_s=1, of="sad", probability=0.5, without=None)
    assert "all that can be heard" in demo_why.occlusion([only], None).reading


def test_answers_are_counted_with_those_that_got_none_last() -> None:
    chart = FIGURES["counts"]()
    ticks = chart.figure.layout.yaxis.ticktext
    assert ticks == ("sad", "angry", UNSURE, COULD_NOT_READ)
    assert [trace.x[0] for trace in chart.figure.data] == [2, 1, 1, 1]
    assert "1 file could not be read" in chart.reading


def test_answers_that_share_the_first_place_are_all_named() -> None:
    reading = demo_batch.counts(results("sad", "angry", "sad", "angry", "calm")).reading
    assert reading == "Angry and sad are equally common (40 % each)."


def test_silence_is_told_from_doubt() -> None:
    silent = FileResult(file="a.wav", decision=decision(UNSURE), unheard=("silent",))
    reading = demo_batch.counts([silent, silent, *results(UNSURE)]).reading
    assert "1 recording got none, because the model is not sure" in reading
    assert "2 recordings got none, because there is nothing to judge." in reading


def test_what_cannot_be_drawn_is_said() -> None:
    empty = (
        demo_result.probabilities({}),
        demo_timeline.timeline([], classes=CLASSES, duration_s=5),
        demo_why.groups([]),
        demo_why.occlusion([], None),
        demo_batch.counts([]),
    )
    for chart in empty:
        assert chart.figure is None
        assert chart.reading.endswith(".")


def hostile_charts() -> Iterator[Chart]:
    answered = Decision(emotion=HOSTILE, best=HOSTILE, confidence=0.9)
    spoken = Segment(
        start_s=0, end_s=2, decision=answered, probabilities={HOSTILE: 1.0}
    )
    y = sound()
    yield demo_result.probabilities({HOSTILE: 1.0}, decided=HOSTILE)
    for n in (1, 50):
        yield demo_timeline.timeline([spoken] * n, classes=[HOSTILE], duration_s=2)
    yield demo_why.groups([effect(HOSTILE, 0.5, of=HOSTILE)])
    yield demo_why.occlusion(parts(0.5, of=HOSTILE), None)
    yield demo_batch.counts([FileResult(file=HOSTILE, decision=answered)])
    yield demo_pictures.aligned(
        y, clip_pictures(y, sample_rate=RATE), sample_rate=RATE, segments=[spoken]
    )


def test_words_of_strangers_are_never_markup() -> None:
    for chart in hostile_charts():
        assert chart.figure is not None
        assert "<a href" not in "".join(strings(chart.figure))


def test_every_emotion_has_a_colour_of_its_own() -> None:
    assert set(EMOTION_COLOURS) == set(EMOTIONS)
    looks = {emotion_look(name) for name in (*EMOTIONS, UNSURE, COULD_NOT_READ)}
    assert len(looks) == len(EMOTIONS) + 2


def test_unknown_classes_look_different_and_genders_keep_the_emotion() -> None:
    classes = ["sad", "awe", "joyful", "x", "y", "z"]
    looks: list[Any] = [emotion_look(name, classes=classes) for name in classes]
    assert len(set(looks)) == len(classes)
    women, men = emotion_look("female_sad"), emotion_look("male_sad")
    assert women.colour == men.colour == EMOTION_COLOURS["sad"]
    assert women.pattern != men.pattern


@pytest.mark.parametrize("mode", PAGES)
def test_every_emotion_stands_out_from_the_page(mode: str) -> None:
    for colour in EMOTION_COLOURS.values():
        assert contrast(colour, PAGES[mode].background) >= 2.5


@pytest.mark.parametrize("eye", EYES)
def test_no_eye_confuses_two_emotions(eye: str) -> None:
    seen = [lab(EYES[eye] @ linear(colour)) for colour in EMOTION_COLOURS.values()]
    apart = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert min(apart) > 15  # CIE 1976; about 2.3 is just noticeable
