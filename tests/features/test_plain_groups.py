from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from ser_core.errors import ParameterError
from ser_core.features.feature_set import FeatureSet
from ser_core.features.plain_groups import WORDS, plain_groups
from ser_core.features.registry import FEATURE_SETS, feature_set


@dataclass(frozen=True, kw_only=True)
class Odd(FeatureSet):
    """A set whose kind nobody knows, or with a column that belongs nowhere."""

    kind: ClassVar[str] = "odd"

    @property
    def shape(self) -> tuple[int]:
        return (1,)

    def column_names(self) -> list[str]:
        return ["smell_mean"]


class OddProsody(Odd):
    kind: ClassVar[str] = "prosody"


def group_of(label: str) -> dict[str, str]:
    """Return the group of each column, by the column's name."""
    described = feature_set(label)
    names = described.column_names()
    return {names[c]: g.name for g in plain_groups(described) for c in g.columns}


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_every_column_is_in_exactly_one_group(name: str) -> None:
    described = FEATURE_SETS[name]
    found = [c for group in plain_groups(described) for c in group.columns]
    assert sorted(found) == list(range(described.size))


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_groups_have_words_stand_in_order_and_hold_something(name: str) -> None:
    groups = plain_groups(FEATURE_SETS[name])
    order = [group.name for group in groups]
    assert order == [known for known in WORDS if known in order]
    assert 3 <= len(groups) <= 6
    for group in groups:
        assert (group.words, group.about) == WORDS[group.name]
        assert group.columns == tuple(sorted(group.columns)) != ()


def test_preprocessing_makes_no_difference() -> None:
    plain = plain_groups(feature_set("functionals"))
    assert plain_groups(feature_set("functionals+denoise+trim")) == plain


@pytest.mark.parametrize(
    ("label", "column", "group"),
    [
        ("functionals", "speech_level_mean", "level"),
        ("functionals", "voiced_mfcc00_slope", "level"),
        ("functionals", "voiced_f0_q95", "pitch"),
        ("functionals", "modulation_f0_4_6", "pitch"),
        ("functionals", "voiced_f0_jitter_mean", "voice"),
        ("functionals", "speech_hnr_mean", "voice"),
        ("functionals", "speech_alpha_ratio_mean", "brightness"),
        ("functionals", "speech_band_0_250_iqr", "brightness"),
        ("functionals", "voiced_f1_mean", "timbre"),
        ("functionals", "voiced_f1_width_mean", "timbre"),
        ("functionals", "covariance_mfcc00_delta03", "timbre"),
        ("functionals", "rhythm_pause_share", "rhythm"),
        ("functionals", "modulation_level_4_6", "rhythm"),
        ("prosody", "f0_range", "pitch"),
        ("prosody", "voiced", "pitch"),
        ("prosody", "voiced_runs", "rhythm"),
        ("prosody", "loudness_high", "level"),
        ("prosody", "loudness_tilt", "brightness"),
        ("prosody", "speech_rate", "rhythm"),
        ("prosody", "sounding", "level"),
        ("prosody", "sounding_share", "rhythm"),
        ("prosody", "shimmer_db", "voice"),
        ("means180", "mfcc00_mean", "level"),
        ("means180", "mfcc04_mean", "coarse"),
        ("means180", "mfcc05_mean", "fine"),
        ("means180", "chroma_cs_mean", "tone"),
        ("means180", "mel127_mean", "bands"),
        ("mfcc13x500", "frame007_mfcc00", "course"),
        ("mfcc20x500", "frame499_mfcc19", "fine"),
        ("mfcc39x94", "mfcc01_frame093", "coarse"),
        ("mfcc39x188", "delta_delta00_frame000", "changes"),
        ("egemaps", "F0semitoneFrom27.5Hz_sma3nz_amean", "pitch"),
        ("egemaps", "F1frequency_sma3nz_amean", "timbre"),
        ("egemaps", "jitterLocal_sma3nz_amean", "voice"),
        ("egemaps", "loudnessPeaksPerSec", "rhythm"),
        ("egemaps", "MeanUnvoicedSegmentLength", "rhythm"),
        ("egemaps", "slopeUV0-500_sma3nz_amean", "brightness"),
        ("egemaps", "equivalentSoundLevel_dBp", "level"),
    ],
)
def test_columns_are_where_somebody_would_look_for_them(
    label: str, column: str, group: str
) -> None:
    assert group_of(label)[column] == group


def test_a_kind_without_groups_is_refused() -> None:
    with pytest.raises(ParameterError, match="'odd' have no groups"):
        plain_groups(Odd(name="odd"))


def test_a_column_that_belongs_nowhere_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"'smell_mean' .* has no group"):
        plain_groups(OddProsody(name="odd"))
