"""Figures of others: marked, whole, and the ones that were printed."""

from __future__ import annotations

import json

import pytest

from ser_core.corpora.reader import READER_NAMES
from ser_core.evaluation.published import MARK, PUBLISHED, published_for


def test_every_figure_is_a_share_with_a_source_and_known_corpora() -> None:
    for figure in PUBLISHED:
        assert 0 < figure.value < 1
        assert figure.source
        assert figure.split
        assert set(figure.corpora) <= set(READER_NAMES)
        assert figure.metric in ("accuracy", "UAR", "F1", "not stated")


def test_rows_are_marked_as_published_elsewhere() -> None:
    rows = [figure.to_json() for figure in PUBLISHED]
    assert {row["origin"] for row in rows} == {MARK}
    assert json.loads(json.dumps(rows)) == rows


@pytest.mark.parametrize(
    ("corpora", "values"),
    [
        (["thai-ser"], [0.4714, 0.4656, 0.804]),
        (["tess", "ravdess"], [0.87, 0.84]),
        (["crema-d", "savee", "tess", "ravdess"], [0.6169]),
        (["folder"], []),
    ],
)
def test_figures_are_found_by_exactly_their_corpora(
    corpora: list[str], values: list[float]
) -> None:
    assert [figure.value for figure in published_for(corpora)] == values


def test_unseen_and_shared_speakers_are_told_apart() -> None:
    unseen = published_for(["ravdess"], speaker_independent=True)
    shared = published_for(["ravdess"], speaker_independent=False)
    assert max(f.value for f in unseen) == 0.753
    assert [f.value for f in shared] == [0.992]
    assert len(unseen) + len(shared) == len(published_for(["ravdess"]))
