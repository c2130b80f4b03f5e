"""The columns of a feature set in groups that anybody has a word for."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ser_core.errors import ParameterError
from ser_core.features.feature_set import FeatureSet

WORDS: Final[dict[str, tuple[str, str]]] = {
    "level": (
        "loudness",
        "how loud the recording is, and how its loudness moves",
    ),
    "pitch": (
        "pitch and melody",
        "how high the voice is, and how it rises and falls",
    ),
    "brightness": (
        "brightness",
        "whether the sound is dull or sharp: how its strength spreads from low to high",
    ),
    "timbre": (
        "timbre (sound colour)",
        "the finer shape of the sound, in which vowels and voices differ",
    ),
    "voice": (
        "voice quality",
        "whether the voice is clear, rough, breathy or pressed",
    ),
    "rhythm": (
        "rhythm and pauses",
        "how fast and how evenly it is spoken, how long it lasts, where it pauses",
    ),
    "course": (
        "the course of loudness",
        "cepstral coefficient 0 of each frame: the level, and where a short clip ends",
    ),
    "coarse": (
        "the coarse shape of the spectrum",
        "cepstral coefficients 1 to 4: dull or sharp, open or closed vowels",
    ),
    "fine": (
        "the fine shape of the spectrum",
        "cepstral coefficients from 5 on: vowels, the speaker's own sound, and pitch",
    ),
    "changes": (
        "changes from moment to moment",
        "the deltas of all cepstral coefficients: how fast the sound changes",
    ),
    "tone": (
        "musical tone",
        "which of the twelve pitch classes sound, whatever the octave",
    ),
    "bands": (
        "strength of the frequency bands",
        "the mean power of each mel band: loudness and brightness together",
    ),
}
"""Name of each group: how a sentence names it, and what it is."""

_FIRST_FINE: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainGroup:
    """Columns that say one thing.

    Attributes
    ----------
    name : str
        One of `WORDS`.
    words : str
        How a sentence names it, as ``pitch and melody``.
    about : str
        What it is, for somebody who has not heard of it.
    columns : tuple of int
        Rising, counted from 0, of the flattened features.

    """

    name: str
    words: str
    about: str
    columns: tuple[int, ...]


def plain_groups(feature_set: FeatureSet) -> tuple[PlainGroup, ...]:
    """Put every column of a feature set into one group.

    Parameters
    ----------
    feature_set : FeatureSet
        Of a kind that is known here; pre-processing makes no difference.

    Returns
    -------
    groups : tuple of PlainGroup
        In the order of `WORDS`. Each column is in exactly one of them.

    Raises
    ------
    ParameterError
        The kind of set is not known, or it has a column that belongs nowhere.

    Notes
    -----
    The groups follow what the eGeMAPS authors distinguish (frequency, energy,
    spectral balance, temporal), with voice quality apart. They are no more
    independent than a voice's properties are: who shouts is louder, higher and sharper
    at once. Cepstral coefficients frame by frame carry pitch, timbre and loudness
    mixed, so theirs are named by what they are.

    References
    ----------
    F. Eyben et al., "The Geneva Minimalistic Acoustic Parameter Set (GeMAPS) for Voice
    Research and Affective Computing", IEEE Trans. Affective Computing 7(2), 2016,
    doi 10.1109/TAFFC.2015.2457417.

    Examples
    --------
    >>> from ser_core.features.registry import feature_set
    >>> [(g.name, len(g.columns)) for g in plain_groups(feature_set("prosody"))]
    [('level', 24), ('pitch', 15), ('brightness', 1), ('voice', 7), ('rhythm', 18)]

    """
    if feature_set.kind not in _RULES:
        raise ParameterError(
            f"features of kind {feature_set.kind!r} have no groups in plain words; "
            f"known are: {', '.join(_RULES)}"
        )
    return _grouped(feature_set.kind, tuple(feature_set.column_names()))


@lru_cache(maxsize=16)
def _grouped(kind: str, names: tuple[str, ...]) -> tuple[PlainGroup, ...]:
    """Group columns by the rules of their kind."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        found[_group_of(name, kind=kind)].append(number)
    return tuple(
        PlainGroup(name=name, words=words, about=about, columns=tuple(found[name]))
        for name, (words, about) in WORDS.items()
        if name in found
    )


def _group_of(column: str, *, kind: str) -> str:
    """Find the group of a column: that of the first rule that its name meets."""
    for group, pattern in _RULES[kind]:
        match = pattern.match(column)
        if match is None:
            continue
        if group == "cepstra":
            return _cepstral(int(match["k"]), kind=kind)
        return group
    raise ParameterError(
        f"column {column!r} of features of kind {kind!r} has no group in plain words; "
        "add a rule for it to ser_core.features.plain_groups"
    )


def _cepstral(k: int, *, kind: str) -> str:
    """Return the group of a cepstral coefficient of a frame, or of its mean."""
    if k == 0:
        return "level" if kind == "spectral-means" else "course"
    return "fine" if k >= _FIRST_FINE else "coarse"


def _rules(**patterns: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Compile patterns, which are tried in the order they are given."""
    return tuple((group, re.compile(p)) for group, p in patterns.items())


_RULES: Final[dict[str, tuple[tuple[str, re.Pattern[str]], ...]]] = {
    "functionals": _rules(
        # the deviation of F0 from period to period is roughness, not melody
        voice=r"(speech|voiced)_(hnr|cpp|h1_h2|h1_a3|harmonic_slope|f0_jitter"
        r"|h1_shimmer)_",
        level=r"(speech|voiced)_(level|loudness|mfcc00)_",
        pitch=r"(voiced|modulation)_f0_",
        rhythm=r"rhythm_|modulation_(level|mel\d)_",
        brightness=r"(speech|voiced)_(centroid|spread|skewness|kurtosis|rolloff\d\d"
        r"|entropy|flatness|band_\d+_\d+|alpha_ratio|hammarberg|slope_\d+_\d+"
        r"|sharpness)_|modulation_centroid_",
        timbre=r"(speech|voiced)_(mfcc\d\d|f[123]|contrast|flux|mel_flux)_"
        r"|covariance_",
    ),
    "prosody": _rules(
        brightness=r"loudness_tilt$",
        level=r"sounding$|intensity_|peak$|loudness(_|$)",
        pitch=r"voiced$|f0_",
        voice=r"hnr_|periodic$|jitter_|shimmer_",
        rhythm=r"voiced_|duration$|speech|sounding_share$|nucle|articulation_|pause",
    ),
    "spectral-means": _rules(
        cepstra=r"mfcc(?P<k>\d+)_mean$",
        tone=r"chroma_",
        bands=r"mel\d+_mean$",
    ),
    "mfcc-frames": _rules(cepstra=r"frame\d+_mfcc(?P<k>\d+)$"),
    "mfcc-deltas": _rules(
        cepstra=r"mfcc(?P<k>\d+)_frame\d+$",
        changes=r"delta(_delta)?\d+_frame\d+$",
    ),
    "egemaps": _rules(
        pitch=r"F0semitone",
        level=r"loudness_|equivalentSoundLevel",
        voice=r"jitter|shimmer|HNR|logRelF0-H1-",
        brightness=r"alphaRatio|hammarbergIndex|slopeU?V",
        timbre=r"mfcc\d|F\d(frequency|bandwidth|amplitude)|spectralFlux",
        rhythm=r"loudnessPeaksPerSec|(Mean|Stddev)?(Unv|V)oicedSegment",
    ),
}
"""For each kind of set: group and the names that belong to it."""
