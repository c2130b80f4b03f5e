"""What the demo keeps between reruns, and for whom.

A model is shared by everybody, because nobody changes it. What was heard belongs to
one session: its places are kept with ``scope="session"``, few of them and for an hour,
and go with the session. A place is empty at first and filled by whoever opens it, in
the page's own thread, so that leaving the page or pressing *Stop* ends the work.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soundfile
import streamlit as st

from pages._view.demo_clip import Clip
from pages._view.private_sound import private
from ser_core.audio.limits import LOCAL_LIMITS, UPLOAD_LIMITS, Limits
from ser_core.audio.strangers import read_stranger
from ser_core.features.clip_pictures import ClipPictures, clip_pictures
from ser_core.inference.explanation import (
    GroupEffect,
    Occluded,
    group_effects,
    occlusion,
)
from ser_core.inference.listening import Progress, recognise
from ser_core.inference.loading import ModelChoice, SpeechModel, load_model
from ser_core.inference.results import FileResult
from ser_core.inference.turns import Turns
from ser_core.store.data_folder import DataFolder
from ser_core.store.settings import settings

_KEPT_S: Final = 3600
_WHOLE_PLACES: Final = 4
_BATCH_PLACES: Final = 512
_EXCERPTS: Final = 4
_WARM_UP_HZ: Final = 16_000

Samples = npt.NDArray[np.float32]
Span = tuple[float, float]
"""Beginning and end in seconds."""


@dataclass
class Place:
    """What is known of one recording under one model.

    Attributes
    ----------
    result : FileResult or None
        None until it was heard.
    excerpts : dict
        Samples and rate of stretches of a long recording; the latest few.
    pictures : dict
        Pictures of stretches; the latest few.
    groups, parts : dict
        What groups of features and what parts of stretches did for the answer; the
        latest few.

    """

    result: FileResult | None = None
    excerpts: dict[Span, tuple[Samples, int]] = field(default_factory=dict)
    pictures: dict[Span, ClipPictures] = field(default_factory=dict)
    groups: dict[Span, tuple[GroupEffect, ...]] = field(default_factory=dict)
    parts: dict[Span, tuple[Occluded, ...]] = field(default_factory=dict)


def model(choice: ModelChoice, data: DataFolder) -> SpeechModel:
    """Return a loaded model, once a server.

    Raises
    ------
    ModelError
        It cannot be used; the message says why.

    """
    return _model(choice.name, model_key(choice), data)


def model_key(choice: ModelChoice) -> str:
    """Return what tells a model from another one of the same name."""
    assert choice.card is not None
    told = json.dumps(
        [str(choice.folder), choice.card.created_utc, dict(choice.card.files)],
        sort_keys=True,
    )
    return hashlib.sha256(told.encode()).hexdigest()


@st.cache_resource(max_entries=3, show_spinner="Loading the model …")
def _model(name: str, key: str, _data: DataFolder) -> SpeechModel:
    """Load a model and let it hear a breath of noise, so that all code is compiled."""
    loaded = load_model(name, data=_data)
    noise = np.random.default_rng(0).normal(0, 0.05, _WARM_UP_HZ).astype(np.float32)
    x = loaded.features(noise, sample_rate=_WARM_UP_HZ)
    loaded.probabilities(x[np.newaxis])
    return loaded


@st.cache_resource(
    scope="session", ttl=_KEPT_S, max_entries=_WHOLE_PLACES, show_spinner=False
)
def place(key: str, model_key: str) -> Place:
    """Return the place of a recording that is shown in full."""
    return Place()


@st.cache_resource(
    scope="session", ttl=_KEPT_S, max_entries=_BATCH_PLACES, show_spinner=False
)
def batch_place(key: str, model_key: str) -> Place:
    """Return the place of one recording of many; it holds no samples."""
    return Place()


def limits(data: DataFolder) -> Limits:
    """Return what may be uploaded here, as the operator says."""
    told = settings(data)
    return replace(
        UPLOAD_LIMITS, max_bytes=told.max_upload_bytes, max_s=told.max_upload_s
    )


def limits_of(clip: Clip, data: DataFolder) -> Limits:
    """Return what a recording may be: one of this machine may be a day long."""
    return limits(data) if isinstance(clip.source, bytes) else LOCAL_LIMITS


def hear(
    clip: Clip,
    heard_by: SpeechModel,
    data: DataFolder,
    *,
    progress: Progress | None = None,
) -> FileResult:
    """Hear a recording.

    Raises
    ------
    BusyError
        Too many others are being heard; try again.

    """

    def work(look: Callable[[], None]) -> FileResult:
        """Hear it; `look` ends this attempt where long ones leave no turn."""

        def tell(done_s: float, total_s: float) -> None:
            look()
            if progress is not None:
                progress(done_s, total_s)

        return recognise(
            clip.source,
            name=clip.name,
            model=heard_by,
            limits=limits_of(clip, data),
            progress=tell,
        )

    return turns(data).spend(work)


def lean(result: FileResult) -> FileResult:
    """Take out of a result what only its full view needs."""
    return replace(result, y=None, features=None, envelope=None)


def turns(data: DataFolder) -> Turns:
    """Return the turns of this server, as many as the operator says."""
    return _turns(settings(data).max_listeners)


@st.cache_resource(max_entries=1, show_spinner=False)
def _turns(n_listeners: int) -> Turns:
    """Make the turns of this server, once."""
    return Turns(n_listeners)


def whole(kept: Place) -> Span:
    """Return the span of all of a recording."""
    return (0.0, 0.0 if kept.result is None else kept.result.duration_s)


def excerpt(
    clip: Clip, kept: Place, span: Span, data: DataFolder
) -> tuple[Samples, int]:
    """Return the samples of a stretch, from memory or decoded once more.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32
        Mean of the channels.
    sample_rate : int
        In Hz.

    Raises
    ------
    AudioError
        It cannot be decoded any more.

    """
    result, (start_s, end_s) = kept.result, span
    assert result is not None
    if result.y is not None:
        rate = result.sample_rate
        return result.y[round(start_s * rate) : round(end_s * rate)], rate
    if span not in kept.excerpts:
        with turns(data).turn():
            read = read_stranger(
                clip.source,
                name=clip.name,
                limits=limits_of(clip, data),
                start_s=start_s,
                end_s=end_s,
            )
        y = read.samples if read.samples.ndim == 1 else read.samples.mean(axis=1)
        _keep(kept.excerpts, span, (y, read.sample_rate))
    return kept.excerpts[span]


def pictures(kept: Place, span: Span, y: Samples, sample_rate: int) -> ClipPictures:
    """Return the pictures of a stretch, computed once."""
    if span not in kept.pictures:
        _keep(kept.pictures, span, clip_pictures(y, sample_rate=sample_rate))
    return kept.pictures[span]


def groups(
    kept: Place,
    span: Span,
    y: Samples,
    sample_rate: int,
    heard_by: SpeechModel,
) -> tuple[GroupEffect, ...]:
    """Return what the groups of features did for the answer, computed once."""
    if span not in kept.groups:
        x = kept.result.features if kept.result and span == whole(kept) else None
        if x is None:
            x = heard_by.features(y, sample_rate=sample_rate)
        _keep(kept.groups, span, group_effects(heard_by, x))
    return kept.groups[span]


def parts(
    kept: Place,
    span: Span,
    y: Samples,
    sample_rate: int,
    heard_by: SpeechModel,
    *,
    progress: Callable[[int, int], None],
) -> tuple[Occluded, ...]:
    """Return what each part did for the answer, computed once."""
    if span not in kept.parts:
        found = occlusion(heard_by, y, sample_rate=sample_rate, progress=progress)
        _keep(kept.parts, span, found)
    return kept.parts[span]


def wav(y: Samples, sample_rate: int) -> bytes:
    """Write samples as every browser plays them, for this session's ears alone."""
    stream = io.BytesIO()
    soundfile.write(stream, y, sample_rate, format="WAV", subtype="PCM_16")
    return private(stream.getvalue())


def _keep(places: dict[Span, Any], key: Span, value: Any) -> None:
    """Put a value in and let the oldest go."""
    while len(places) >= _EXCERPTS:
        places.pop(next(iter(places)))
    places[key] = value
