"""Recordings behind a cell: found in their corpus's folder and nowhere else."""

from pathlib import Path

import pytest
from training_records import training_record
from yard import small_corpus

from pages._view.model_clips import clips_behind, find_corpus, resolve_clip
from pages._view.model_inspect import commonest_mistake
from ser_core.corpora.registry import RegisteredCorpus, register, unregister
from ser_core.errors import CorpusError
from ser_core.store.data_folder import DataFolder


@pytest.fixture
def entry(tmp_path: Path) -> RegisteredCorpus:
    root = small_corpus(tmp_path / "lab")
    (tmp_path / "secret.wav").write_bytes(b"not for visitors")
    return RegisteredCorpus(
        name="small", root=root, reader="folder", origin="registered"
    )


def test_a_recording_of_the_corpus_is_found(entry: RegisteredCorpus) -> None:
    assert resolve_clip(entry, "sad/take1.wav") == (
        entry.root.resolve() / "sad" / "take1.wav"
    )


@pytest.mark.parametrize(
    "path",
    ["../../../secret.wav", "sad/../../../../secret.wav", "/etc/passwd", "a\0b", ""],
)
def test_nothing_outside_the_corpus_is_opened(
    entry: RegisteredCorpus, path: str
) -> None:
    with pytest.raises(CorpusError):
        resolve_clip(entry, path)


def test_a_link_that_leads_out_of_the_corpus_is_not_followed(
    entry: RegisteredCorpus, tmp_path: Path
) -> None:
    (entry.root / "sad" / "link.wav").symlink_to(tmp_path / "secret.wav")
    with pytest.raises(CorpusError, match="does not lie in the folder"):
        resolve_clip(entry, "sad/link.wav")


def test_a_recording_that_is_gone_is_said_to_be(entry: RegisteredCorpus) -> None:
    with pytest.raises(CorpusError, match="any more"):
        resolve_clip(entry, "sad/take9.wav")


def test_the_corpus_is_found_by_the_plan_s_name_then_by_its_folder(
    tmp_path: Path,
) -> None:
    data = DataFolder(tmp_path / "data").prepare()
    root = small_corpus(tmp_path, name="ravdess")
    record = training_record()
    register(root, data=data, name="ravdess")
    assert find_corpus(record, 0, data=data).root == root.resolve()
    unregister("ravdess", data=data)
    register(root, data=data, name="another name")
    assert find_corpus(record, 0, data=data).name == "another name"


def test_a_corpus_that_is_not_registered_is_named_with_a_remedy(
    tmp_path: Path,
) -> None:
    data = DataFolder(tmp_path / "data").prepare()
    with pytest.raises(CorpusError, match="Register their folder"):
        find_corpus(training_record(), 0, data=data)


def test_clips_behind_a_cell_are_those_of_the_matrix_the_surest_first() -> None:
    record = training_record()
    result = record["unseen_speakers"]
    for truth, predicted in ((0, 0), (4, 7), (1, 5)):
        clips = clips_behind(result, truth=truth, predicted=predicted)
        assert len(clips) == result["confusion"]["counts"][truth][predicted]
        sure = [clip.probabilities[predicted] for clip in clips]
        assert sure == sorted(sure, reverse=True)


def test_without_probabilities_clips_keep_the_record_s_order() -> None:
    result = training_record(probabilities=False)["unseen_speakers"]
    clips = clips_behind(result, truth=0, predicted=0)
    paths = [clip.path for clip in clips]
    assert clips[0].probabilities is None
    assert paths == [path for path in result["predictions"]["path"] if path in paths]


def test_the_commonest_mistake_is_a_share_of_its_true_class() -> None:
    result = {
        "confusion": {
            "labels": ["rare", "often", "other"],
            "counts": [[1, 3, 0], [10, 80, 10], [0, 0, 5]],
        }
    }
    assert commonest_mistake(result) == ("rare", "often")
