"""The job that hears recordings of a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import soundfile

from ser_core.corpora.registry import register
from ser_core.errors import CorpusError, ParameterError
from ser_core.inference.documents import from_document
from ser_core.jobs.kinds import KINDS
from ser_core.jobs.work_place import WorkPlace
from ser_core.store.data_folder import DataFolder
from tests.inference.inference_voices import RATE, voice

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def place(tmp_path: Path) -> WorkPlace:
    data = DataFolder(tmp_path / "data").prepare()
    folder = tmp_path / "voices" / "happy"
    folder.mkdir(parents=True)
    soundfile.write(folder / "a.wav", voice(0), RATE)
    (folder / "b.wav").write_bytes(b"RIFF")
    (tmp_path / "secret.wav").write_bytes(b"RIFF")
    register(tmp_path / "voices", data=data, reader="folder")
    return WorkPlace(data=data, work_folder=tmp_path, emit=lambda event: None)


def work(place: WorkPlace, **parameters: Any) -> dict[str, Any]:
    return KINDS["predict"].work({"corpus": "voices", **parameters}, place)


def test_every_recording_of_a_corpus_is_heard(place: WorkPlace) -> None:
    found = work(place)
    results = [from_document(document) for document in found["results"]]
    assert [r.file for r in results] == ["happy/a.wav", "happy/b.wav"]
    assert [r.error is None for r in results] == [True, False]
    assert found["n_failed"] == 1
    assert results[0].decision is not None


def test_named_recordings_alone_are_heard(place: WorkPlace) -> None:
    assert len(work(place, files=["happy/a.wav"])["results"]) == 1


@pytest.mark.parametrize(
    "name", ["../secret.wav", "/etc/passwd", "happy/../../secret.wav", "a\0b", 7]
)
def test_nothing_outside_the_corpus_is_read(place: WorkPlace, name: Any) -> None:
    with pytest.raises(ParameterError, match="below the corpus"):
        work(place, files=[name])


def test_link_that_leads_out_of_the_corpus_is_refused(
    place: WorkPlace, tmp_path: Path
) -> None:
    (tmp_path / "voices" / "link.wav").symlink_to(tmp_path / "secret.wav")
    with pytest.raises(ParameterError, match="below the corpus"):
        work(place, files=["link.wav"])


@pytest.mark.parametrize(
    "wrong",
    [{"timeline": "yes"}, {"files": "a.wav"}, {"files": []}, {"unknown": 1}],
)
def test_wrong_parameters_are_refused(place: WorkPlace, wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        work(place, **wrong)


def test_unknown_corpus_is_refused(place: WorkPlace) -> None:
    with pytest.raises(CorpusError):
        KINDS["predict"].work({"corpus": "nowhere"}, place)
