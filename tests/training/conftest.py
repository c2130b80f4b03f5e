"""Corpora and data folders that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.store.data_folder import DataFolder
from tests.training.tone_corpora import emo_db_tones, ravdess_tones


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make 72 tones named as RAVDESS's files: 6 actors, 3 emotions."""
    return ravdess_tones(tmp_path_factory.mktemp("ravdess"))


@pytest.fixture(scope="session")
def german_tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make 64 tones named as EMO-DB's files: 4 speakers, one emotion beyond."""
    return emo_db_tones(tmp_path_factory.mktemp("emodb"), letters="FTWL")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """Make one data folder, so that features are computed once."""
    return DataFolder(tmp_path_factory.mktemp("data")).prepare()
