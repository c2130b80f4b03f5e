"""The synthetic corpus as files: complete, resumable, always the same."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections import Counter, namedtuple
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import soundfile

from ser_core.corpora import synthetic_files, synthetic_space
from ser_core.corpora.reader import read_corpus
from ser_core.corpora.reserved_names import allowed_here
from ser_core.corpora.synthesis.distributions import (
    EMOTIONS,
    TOTAL,
    distributions,
)
from ser_core.corpora.synthesis.layout import N_ACTORS, is_woman, place
from ser_core.corpora.synthesis.ratings import _votes, plan
from ser_core.corpora.synthesis.seeds import Stream, generator
from ser_core.corpora.synthetic import synthesize
from ser_core.errors import CorpusError, ParameterError

N = 6
RELEASE_NAMES = re.compile(
    r"[sz]\d{3}_(con|mic)_actor\d{3}_(impro\d{1,2}_\d+|script\d_\d_\d[ab])\.flac"
)


def make(root: Path, *, utterances: int = N, seed: int = 0, **more: object):
    return synthesize(
        root, utterances=utterances, seed=seed, backend="sequential", **more
    )


def digests(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*.flac"))
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("synthetic") / "corpus"
    make(root)
    return root


@pytest.fixture
def copy(corpus: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(corpus, tmp_path / "copy"))


def test_reader_recognises_it_and_lists_every_labelled_utterance(corpus: Path) -> None:
    found = read_corpus(corpus)
    labelled = sum(plan(0, i).majority in EMOTIONS for i in range(N))
    assert found.synthetic
    assert len(found.utterances) == labelled
    assert found.problems == ()
    assert all(u.speaker and u.gender and u.session for u in found.utterances)


def test_recordings_are_44100_hz_16_bit_mono_flac_of_the_planned_length(
    corpus: Path,
) -> None:
    for index in range(N):
        planned = plan(0, index)
        info = soundfile.info(corpus / planned.place.path)
        assert (info.format, info.subtype, info.channels) == ("FLAC", "PCM_16", 1)
        assert (info.samplerate, info.frames) == (44_100, planned.n_samples)


def test_labels_have_the_release_structure_and_cover_exactly_the_files(
    corpus: Path,
) -> None:
    labels = json.loads((corpus / "emotion_label.json").read_text())
    assert set(labels) == {path.name for path in corpus.rglob("*.flac")}
    for (entry,) in labels.values():
        assert set(entry) == {"assigned_emo", "majority_emo", "annotated", "agreement"}
        assert all(isinstance(rater, list) for rater in entry["annotated"])
        assert 0 <= entry["agreement"] <= 1


def test_actors_are_112_women_and_88_men(corpus: Path) -> None:
    rows = json.loads((corpus / "actor_demography.json").read_text())["data"]
    assert Counter(row["Sex"] for row in rows) == {"Female": 112, "Male": 88}
    assert [row["Actor's ID"] for row in rows] == [f"{n:03d}" for n in range(1, 201)]
    assert all(18 <= row["Age"] <= 60 for row in rows)


def test_nothing_else_is_left_in_the_folder(corpus: Path) -> None:
    others = {p.name for p in corpus.rglob("*") if p.is_file() and p.suffix != ".flac"}
    assert others == {"emotion_label.json", "actor_demography.json", "synthetic.json"}


def test_growing_only_adds_and_gives_what_one_run_gives(
    corpus: Path, tmp_path: Path
) -> None:
    root = tmp_path / "grown"
    make(root, utterances=2)
    first = {p: p.stat().st_mtime_ns for p in root.rglob("*.flac")}
    summary = make(root)
    assert (summary.made, summary.kept) == (N - 2, 2)
    assert {p: p.stat().st_mtime_ns for p in first} == first
    assert digests(root) == digests(corpus)
    for name in ("emotion_label.json", "actor_demography.json", "synthetic.json"):
        assert (root / name).read_bytes() == (corpus / name).read_bytes()


@pytest.mark.timeout(120)
def test_worker_processes_write_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    root = tmp_path / "parallel"
    synthesize(
        root,
        utterances=N,
        n_workers=2,
        backend="loky",
        progress=lambda done, total: seen.append((done, total)),
    )
    assert digests(root) == digests(corpus)
    assert seen == [(k, N) for k in range(1, N + 1)]


def test_another_seed_gives_other_recordings_in_the_same_places(
    corpus: Path, tmp_path: Path
) -> None:
    make(tmp_path, utterances=2, seed=1)
    other, first = digests(tmp_path), digests(corpus)
    assert set(other) <= set(first)
    assert all(other[path] != first[path] for path in other)


def test_interrupted_run_goes_on_where_it_stopped(corpus: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    root = tmp_path / "corpus"
    with pytest.raises(KeyboardInterrupt):
        make(root, progress=stop)
    assert not (root / "emotion_label.json").exists()
    assert json.loads((root / "synthetic.json").read_text())["utterances"] == 0
    summary = make(root)
    assert summary.kept >= 3
    assert digests(root) == digests(corpus)


def test_asking_for_fewer_after_an_interruption_removes_the_surplus(
    tmp_path: Path,
) -> None:
    def stop(done: int, total: int) -> None:
        if done == 4:
            raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        make(tmp_path, progress=stop)
    make(tmp_path, utterances=2)
    assert len(digests(tmp_path)) == 2
    assert read_corpus(tmp_path).problems == ()


@pytest.mark.parametrize("damage", ["cut", "empty", "zeros", "text"])
def test_torn_file_is_made_again(corpus: Path, copy: Path, damage: str) -> None:
    torn = copy / place(1).path
    content = torn.read_bytes()
    torn.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "empty": b"",
            "zeros": content[:5000] + bytes(len(content) - 5000),
            "text": b"not audio at all",
        }[damage]
    )
    assert make(copy).made == 1
    assert digests(copy) == digests(corpus)


def test_leftovers_of_a_killed_run_are_swept(copy: Path) -> None:
    left = (copy / place(0).path).with_name(".s001.flac.123.part")
    left.write_bytes(b"half")
    make(copy)
    assert not left.exists()


def test_another_seed_in_the_same_folder_is_refused(copy: Path) -> None:
    before = digests(copy)
    with pytest.raises(CorpusError, match="made with seed 0, not 7"):
        make(copy, seed=7)
    assert digests(copy) == before


def test_fewer_utterances_than_there_are_is_refused(copy: Path) -> None:
    with pytest.raises(CorpusError, match=f"holds {N} utterances already"):
        make(copy, utterances=2)
    assert len(digests(copy)) == N


def test_recordings_of_another_version_are_not_mixed_in(copy: Path) -> None:
    marker = json.loads((copy / "synthetic.json").read_text())
    (copy / "synthetic.json").write_text(json.dumps(marker | {"version": 99}))
    with pytest.raises(CorpusError, match="version 99 of the synthesiser"):
        make(copy)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seed": "0"}', "\udcff"])
def test_damaged_marker_is_reported(copy: Path, content: str) -> None:
    (copy / "synthetic.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(CorpusError, match=r"synthetic\.json' cannot be read"):
        make(copy)


def test_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(
        CorpusError, match=r"already holds other files, as 'thesis\.txt"
    ):
        make(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_file_in_place_of_the_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match=r"file' cannot be made"):
        make(tmp_path / "file")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"utterances": 0}, "utterances = 0"),
        ({"utterances": TOTAL + 1}, "utterances = 27855"),
        ({"seed": -1}, "seed = -1"),
        ({"n_workers": 0, "backend": "loky"}, "0"),
        ({"n_workers": -2, "backend": "loky"}, "-2"),
        ({"n_workers": 10_000, "backend": "loky"}, "10"),
        ({"backend": "dask"}, "backend = 'dask'"),
    ],
)
def test_parameters_out_of_range_are_refused_before_anything_is_made(
    tmp_path: Path, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        synthesize(tmp_path / "corpus", **parameters)
    assert not (tmp_path / "corpus").exists()


def test_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    def meanwhile(done: int, total: int) -> None:
        with pytest.raises(CorpusError, match="another run is writing"):
            make(tmp_path, utterances=1)

    assert make(tmp_path, utterances=1, progress=meanwhile).made == 1


def test_too_small_a_disk_is_refused_before_the_first_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(
        synthetic_space.shutil, "disk_usage", lambda _: usage(10**9, 10**9, 40 << 20)
    )
    with pytest.raises(CorpusError, match=r"400 utterances need about 1\d\d MB more"):
        make(tmp_path, utterances=400)
    assert digests(tmp_path) == {}


def test_disk_that_fills_up_leaves_no_partial_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if ".flac." in path.name:
            write(path, content[:100])
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(CorpusError, match=r"the disk is full; free some space") as info:
        make(tmp_path)
    assert info.value.path == str(tmp_path / place(0).path)
    assert [p for p in tmp_path.rglob("*") if "flac" in p.name] == []
    assert not (tmp_path / "emotion_label.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_device_is_named_as_such(tmp_path: Path) -> None:
    target = tmp_path / "a.flac"
    (tmp_path / f".a.flac.{os.getpid()}.part").symlink_to("/dev/full")
    with pytest.raises(CorpusError, match="the disk is full"):
        synthetic_files.write_whole(target, b"x" * 100_000)
    assert not target.exists()


def test_size_is_estimated_on_the_safe_side(corpus: Path, tmp_path: Path) -> None:
    estimate = synthetic_space.missing_bytes(tmp_path, utterances=N, seed=0)
    size = sum(p.stat().st_size for p in corpus.rglob("*.flac"))
    assert size < estimate < 2 * size
    left = synthetic_space.missing_bytes(corpus, utterances=N, seed=0)
    assert left < estimate / 100


def test_all_27854_names_are_unique_and_of_the_release_patterns() -> None:
    places = [place(i) for i in range(TOTAL)]
    assert len({p.name for p in places}) == TOTAL
    assert all(RELEASE_NAMES.fullmatch(p.name) for p in places)
    assert {p.actor for p in places} == set(range(1, N_ACTORS + 1))
    zoom = sum(p.microphone == "mic" for p in places) / TOTAL
    assert zoom == pytest.approx(6_004 / 27_854, abs=0.002)
    with pytest.raises(ParameterError, match="index = 27854"):
        place(TOTAL)


def test_small_corpus_has_many_actors_rooms_and_all_emotions() -> None:
    places = [place(i) for i in range(400)]
    rows = Counter(p.actor for p in places)
    assert len(rows) == 20
    assert min(rows.values()) >= 19
    assert len({p.path.parts[0] for p in places}) == 10
    assert 8 <= sum(is_woman(actor) for actor in rows) <= 13
    first = Counter(p.assigned for p in places[:100])
    assert set(first) == set(EMOTIONS)
    assert min(first.values()) >= 10


def test_scripted_names_carry_the_assigned_emotion() -> None:
    scripted = [p for p in map(place, range(2000)) if p.kind == "script"]
    assert all(EMOTIONS[int(p.path.stem[-2]) - 1] == p.assigned for p in scripted)


def test_labels_and_durations_are_distributed_as_in_the_release() -> None:
    plans = [plan(3, i) for i in range(0, TOTAL, 7)]
    shares = Counter(p.majority for p in plans)
    real = {"Frustrated": 7864, "Neutral": 7359, "Happy": 4070, "Angry": 3111}
    real |= {"Sad": 2781, "None": 2664}
    for label, count in real.items():
        assert shares[label] / len(plans) == pytest.approx(count / TOTAL, abs=0.02)
    seconds = np.array([p.duration_s for p in plans])
    assert seconds.mean() == pytest.approx(5.38, abs=0.25)
    assert seconds.min() >= 0.288
    assert seconds.max() <= 108.788
    agreement = np.array([p.agreement for p in plans])
    assert agreement.mean() == pytest.approx(0.680, abs=0.015)


def test_five_utterances_of_all_carry_other_one_of_them_among_the_first_400() -> None:
    others = [i for i in range(TOTAL) if i % 5571 == 211]
    assert len(others) == 5
    assert all(plan(0, i).majority == "other" for i in others)
    assert sum(plan(0, i).majority == "other" for i in range(400)) == 1


def test_votes_make_the_majority_and_the_agreement() -> None:
    for index in range(800):
        planned = plan(5, index)
        scores: Counter[str] = Counter()
        for labels in planned.annotated:
            for label in labels:
                scores[label] += 1 / len(labels)
        (best, most), *rest = scores.most_common()
        second = rest[0][1] if rest else 0.0
        if planned.majority == "None":
            assert most == second
            assert planned.agreement == 0.0
        else:
            assert best == planned.majority
            assert most > second
            assert planned.agreement == pytest.approx(most / len(planned.annotated))


def test_every_row_of_the_vote_table_can_be_acted_out() -> None:
    rng = generator(0, Stream.LABELS, 0)
    for majority, rows in distributions().votes.items():
        for n_raters, halves, _ in rows:
            for _ in range(5):
                sheets = _votes(rng, majority, n_raters, halves)
                assert len(sheets) == n_raters
                assert all(len(set(sheet)) == len(sheet) for sheet in sheets)


def test_duration_table_reaches_the_release_extremes() -> None:
    tables = distributions()
    cells = [(k, e) for k in ("impro", "script") for e in EMOTIONS]
    assert min(tables.duration(k, e, 0.0) for k, e in cells) == pytest.approx(0.288)
    assert max(tables.duration(k, e, 1.0) for k, e in cells) == pytest.approx(108.788)


@pytest.mark.corpora
def test_tables_agree_with_the_release() -> None:
    folder = os.environ.get("SER_TEST_CORPORA")
    if not folder:
        pytest.skip("SER_TEST_CORPORA is not set: the real labels are not there")
    import pandas

    table = pandas.read_csv(
        Path(folder, "THAI-SER", "emotion_label.csv"), keep_default_na=False
    )
    seconds = pandas.read_csv(Path(folder, "THAI-SER", "file_durations.csv"))
    table = table.merge(seconds, on="file")
    kind = table.file.str.extract("(impro|script)", expand=False)
    tables = distributions()
    for (k, e), rows in table.groupby([kind, table.assigned_emo]):
        counts = [int((rows.majority_emo == m).sum()) for m in tables.majorities]
        assert counts == tables.majority_counts[k][e]
        expected = np.quantile(rows.duration, tables.probabilities)
        np.testing.assert_allclose(tables.duration_s[k][e], expected, atol=6e-4)


def test_windows_gets_no_folder_named_like_a_device() -> None:
    path = PurePosixPath(place(0).path)
    assert allowed_here(path, platform="linux") == path
    assert allowed_here(path, platform="win32").parts[2] == "con_"
