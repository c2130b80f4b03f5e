"""The feature sets by the names that pages, plans and records use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ser_core.audio.preprocessing import parse_steps
from ser_core.errors import ParameterError
from ser_core.features.delta_set import MfccDeltas
from ser_core.features.egemaps_set import Egemaps
from ser_core.features.feature_set import FeatureSet, MfccFrames
from ser_core.features.functional_set import Functionals
from ser_core.features.mean_set import SpectralMeans
from ser_core.features.prosody_set import Prosody

FEATURE_SETS: Final[dict[str, FeatureSet]] = {
    described.name: described
    for described in (
        MfccFrames(name="mfcc13x500"),
        MfccFrames(name="mfcc20x500", n_mfcc=20),
        SpectralMeans(name="means180"),
        MfccDeltas(name="mfcc39x94"),
        MfccDeltas(name="mfcc39x188", duration_s=4.0),
        MfccDeltas(name="mfcc39x188-loop", duration_s=4.0, fill="loop"),
        Prosody(name="prosody"),
        Functionals(name="functionals"),
        Egemaps(name="egemaps"),
    )
}
"""The feature sets known by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureSetInfo:
    """What lists and pages say about a feature set.

    Attributes
    ----------
    name : str
        In `FEATURE_SETS`.
    title : str
        What it is, in a few words.
    description : str
        What is computed, in a sentence or two.
    source : str
        Where its definition comes from.
    shape : tuple of int
        Of one utterance's array.
    size : int
        Number of values of one utterance.
    available : bool
        Whether this installation can compute it.
    reason : str or None
        Why it cannot, and what to do; None where it can.

    """

    name: str
    title: str
    description: str
    source: str
    shape: tuple[int, ...]
    size: int
    available: bool
    reason: str | None


_REPORT: Final = "the report on parallel processing of THAI-SER"

_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "mfcc13x500": (
        "13 cepstral coefficients x 500 frames",
        "Mel-frequency cepstral coefficients at 44.1 kHz, frame by frame; the first "
        "5.8 s of a clip, shorter ones padded with zeros.",
        _REPORT,
    ),
    "mfcc20x500": (
        "20 cepstral coefficients x 500 frames",
        "As mfcc13x500 with 20 coefficients, for the comparison of both numbers.",
        _REPORT,
    ),
    "means180": (
        "180 means over time",
        "Means of 40 cepstral coefficients, 12 pitch classes and 128 mel bands at "
        "22.05 kHz.",
        "the article on RAVDESS and TESS with 16 classes of gender and emotion",
    ),
    "mfcc39x94": (
        "39 coefficients x 94 frames, 2 s",
        "13 cepstral coefficients with first and second deltas over exactly 2 s at "
        "24 kHz, scaled to full amplitude, cut or padded with zeros.",
        "the article on a convolutional network over four corpora",
    ),
    "mfcc39x188": (
        "39 coefficients x 188 frames, 4 s",
        "As mfcc39x94 over 4 s, short clips padded with zeros.",
        "the same article, as its next step",
    ),
    "mfcc39x188-loop": (
        "39 coefficients x 188 frames, 4 s repeated",
        "As mfcc39x188, short clips repeated until 4 s are full.",
        "the same article, as its next step",
    ),
    "prosody": (
        "Pitch, intensity, loudness, rhythm, voice",
        "Pitch with voicing, intensity, loudness (LUFS), rhythm (syllable nuclei, "
        "pauses), jitter, shimmer and harmonics-to-noise ratio at 16 kHz.",
        "the article on model parallelism, which names the groups; columns are ours",
    ),
    "functionals": (
        "Functionals of level, spectrum, cepstrum and voice",
        "Statistics over contours of level, spectrum, cepstrum, pitch, formants and "
        "voice, their rhythm and their modulation, at 16 kHz.",
        "our own",
    ),
    "egemaps": (
        "88 eGeMAPS functionals by openSMILE",
        "Extended Geneva minimalistic acoustic parameters (eGeMAPSv02). Needs the "
        "package opensmile, whose licence allows non-commercial use only.",
        "Eyben et al., IEEE Trans. Affective Computing 7(2), 2016",
    ),
}


def feature_set(name: str) -> FeatureSet:
    """Look a feature set up by its label.

    Parameters
    ----------
    name : str
        A name in `FEATURE_SETS`, with steps of pre-processing after it where wanted:
        ``functionals+denoise+trim``.

    Returns
    -------
    feature_set : FeatureSet

    Raises
    ------
    ParameterError
        The name is not in `FEATURE_SETS`, a step is not known, or has no meaning for
        this set.

    """
    base, *steps = name.split("+")
    try:
        known = FEATURE_SETS[base]
    except KeyError:
        allowed = ", ".join(FEATURE_SETS)
        raise ParameterError(
            f"features = {name!r} is not known; choose one of: {allowed}"
        ) from None
    return replace(known, preprocessing=parse_steps(steps)) if steps else known


def feature_set_infos() -> tuple[FeatureSetInfo, ...]:
    """Describe every feature set, in the order of `FEATURE_SETS`.

    Returns
    -------
    infos : tuple of FeatureSetInfo

    """
    infos = []
    for name, described in FEATURE_SETS.items():
        title, description, source = _WORDS[name]
        reason = described.missing()
        infos.append(
            FeatureSetInfo(
                name=name,
                title=title,
                description=description,
                source=source,
                shape=described.shape,
                size=described.size,
                available=reason is None,
                reason=reason,
            )
        )
    return tuple(infos)
