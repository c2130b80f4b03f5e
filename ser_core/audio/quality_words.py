"""What a recording's quality means for a recogniser, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ser_core.audio.silence import SILENCE_DBFS

if TYPE_CHECKING:
    from ser_core.audio.quality import Quality

QUIET_DBFS: Final = -52.0
"""Below this level of the sounding part a recording is quiet.

All but the quietest twentieth of RAVDESS, the quietest of the four corpora here, and
all of EMO-DB, CREMA-D and TESS lie above; EMO-DB lowered by 40 dB lies below.
"""

NOISY_DB: Final = 14.0
"""Below this distance between speech and noise floor a recording is noisy.

White noise 5 dB below the speech of EMO-DB, RAVDESS and CREMA-D gives 8 to 14 dB.
EMO-DB, RAVDESS and TESS as they are give 16 dB and more.
"""

CLIPPED_SHARE: Final = 1e-4
"""Share of the samples in flat tops from which clipping is worth a word."""

CLIPPED_RUNS: Final = 3
"""Least number of flat tops: one or two of three equal samples happen by chance."""

CLIPPED_PEAK_DBFS: Final = -45.0
"""Below this peak 16 bits have so few steps that flat tops are no sign of clipping."""

SHORT_S: Final = 0.5
"""A shorter clip holds hardly more than one syllable."""

LONG_S: Final = 60.0
"""In a longer recording more than one person, or more than one mood, is likely."""

TELEPHONE_HZ: Final = 4_500.0
"""A recording that ends below this has lost the upper half of what a model hears.

Telephone bands end at 3.4 to 4 kHz, with the slope of a filter above; undamaged
recordings of the four corpora reach 7.3 kHz and more.
"""

TELEPHONE_LEAST_S: Final = 1.0
"""A shorter clip may be a single vowel, which has no high frequencies of its own."""

OFFSET: Final = 0.01
"""Offset from zero, full scale being 1. EMO-DB has up to 0.005."""

OFFSET_BELOW_LEVEL_DB: Final = 14.0
"""In a quiet recording an offset counts that is a fifth of its level."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityWarning:
    """Something that makes a result less certain.

    Attributes
    ----------
    code : str
        ``silence``, ``short``, ``long``, ``quiet``, ``clipping``, ``noise``,
        ``telephone`` or ``offset``.
    message : str
        What was found, in one sentence.
    remedy : str
        What to do, in one sentence.

    """

    code: str
    message: str
    remedy: str


def quality_warnings(
    quality: Quality, *, trained_s: float | None = None
) -> tuple[QualityWarning, ...]:
    """Say what of a recording makes its result less certain.

    Parameters
    ----------
    quality : Quality
    trained_s : float, optional
        Usual duration of the clips that the model learnt from, to name beside that of
        a recording that is too short or long.

    Returns
    -------
    warnings : tuple of QualityWarning
        Empty for a good recording. Of silence only its length is said beside it.

    """
    silence = _silence(quality)
    found = [silence, _short(quality, trained_s), _long(quality, trained_s)]
    if silence is None:
        found += [
            _quiet(quality),
            _clipping(quality),
            _noise(quality),
            _telephone(quality),
            _offset(quality),
        ]
    return tuple(warning for warning in found if warning is not None)


def _silence(quality: Quality) -> QualityWarning | None:
    """Say that there is nothing to hear."""
    if quality.level_dbfs >= SILENCE_DBFS:
        return None
    if quality.cancelled:
        return QualityWarning(
            code="silence",
            message="The channels cancel each other: their mean, which is what a model "
            "hears, is silent.",
            remedy="Keep one of the channels, or invert one of them in an editor.",
        )
    return QualityWarning(
        code="silence",
        message="The recording is silent: whatever is said about an emotion in it "
        "means nothing.",
        remedy="Check that the right microphone is chosen and not muted, then record "
        "again.",
    )


def _short(quality: Quality, trained_s: float | None) -> QualityWarning | None:
    """Say that there is too little to hear."""
    if quality.duration_s >= SHORT_S:
        return None
    return QualityWarning(
        code="short",
        message=f"The recording lasts {quality.duration_s:.2f} s, hardly more than a "
        f"syllable{_learnt(trained_s)}.",
        remedy="Record a whole sentence, two to five seconds.",
    )


def _long(quality: Quality, trained_s: float | None) -> QualityWarning | None:
    """Say that one figure does not describe all of it."""
    if quality.duration_s <= LONG_S:
        return None
    return QualityWarning(
        code="long",
        message=f"The recording lasts {_minutes(quality.duration_s)}: more than one "
        "person may speak in it, and the overall result is an average"
        f"{_learnt(trained_s)}.",
        remedy="Read the timeline rather than the overall result, or cut out the part "
        "of one person.",
    )


def _quiet(quality: Quality) -> QualityWarning | None:
    """Say that the level is very low."""
    if quality.level_dbfs >= QUIET_DBFS:
        return None
    return QualityWarning(
        code="quiet",
        message=f"The voice is very quiet: {quality.level_dbfs:.0f} dB relative to "
        "full scale, where -35 to -15 dB is usual. A model may take that for sadness "
        "or calm.",
        remedy="Go closer to the microphone or raise its level, and record again.",
    )


def _clipping(quality: Quality) -> QualityWarning | None:
    """Say that the peaks are cut off."""
    if (
        quality.clipped_share < CLIPPED_SHARE
        or quality.n_clipped_runs < CLIPPED_RUNS
        or quality.peak_dbfs < CLIPPED_PEAK_DBFS
    ):
        return None
    return QualityWarning(
        code="clipping",
        message=f"The peaks are cut off in {quality.n_clipped_runs:,} places "
        f"({quality.clipped_share:.2%} of the samples): the recording was too loud. "
        "A model may take the distortion for anger.",
        remedy="Lower the microphone's level or step back, and record again; making "
        "the file quieter does not bring the peaks back.",
    )


def _noise(quality: Quality) -> QualityWarning | None:
    """Say that the background is loud."""
    if quality.snr_db >= NOISY_DB:
        return None
    return QualityWarning(
        code="noise",
        message=f"The background is loud: the loudest speech lies only "
        f"{quality.snr_db:.0f} dB above it.",
        remedy="Record in a quiet room, closer to the microphone, or try the removal "
        "of noise.",
    )


def _telephone(quality: Quality) -> QualityWarning | None:
    """Say that high frequencies are missing."""
    low_rate = quality.sample_rate / 2 <= TELEPHONE_HZ
    certain = low_rate or quality.duration_s >= TELEPHONE_LEAST_S
    if quality.bandwidth_hz >= TELEPHONE_HZ or not certain:
        return None
    why = (
        f"it is sampled at {quality.sample_rate:,} Hz"
        if low_rate
        else "as after a telephone call or a headset's call mode"
    )
    return QualityWarning(
        code="telephone",
        message=f"Nothing is left above {quality.bandwidth_hz / 1000:.1f} kHz, {why}; "
        "models here listen up to 8 kHz.",
        remedy="Record directly at 16 kHz or more, without a telephone or a wireless "
        "headset between.",
    )


def _offset(quality: Quality) -> QualityWarning | None:
    """Say that the waveform is not centred."""
    least = 10 ** ((quality.level_dbfs - OFFSET_BELOW_LEVEL_DB) / 20)
    if quality.offset <= min(OFFSET, least):
        return None
    return QualityWarning(
        code="offset",
        message=f"The waveform lies {quality.offset:.1%} of full scale off its "
        "middle line, which is a fault of the sound card or cable.",
        remedy="Try another microphone or input, or remove the offset in an editor.",
    )


def _learnt(trained_s: float | None) -> str:
    """Say how long the clips were that a model learnt from."""
    return "" if trained_s is None else f"; the model learnt clips of {trained_s:.1f} s"


def _minutes(duration_s: float) -> str:
    """Write a duration above a minute."""
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
