"""The whole pipeline over small corpora of tones."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from ser_core.bench.pipeline import PipelinePlan, run_pipeline
from ser_core.bench.record import validate
from ser_core.bench.unseen_speakers import try_unseen_speakers
from ser_core.corpora.utterance import Utterance
from ser_core.errors import CorpusError, JobError, ParameterError
from ser_core.measure.sampling import package_command, package_environment
from ser_core.store.data_folder import DataFolder

pytestmark = pytest.mark.timeout(120)

STAGES = ["metadata", "feature extraction", "preprocessing", "training", "evaluation"]
RATE = 22_050
# RAVDESS's digits for three emotions, and the tone that stands for each
PITCHES_HZ = {"03": 300.0, "04": 600.0, "05": 1200.0}


def write_tone(path: Path, *, f0_hz: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    t = np.arange(RATE // 4) / RATE
    y = 0.3 * np.sin(2 * np.pi * f0_hz * rng.uniform(0.8, 1.25) * t)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, (y + rng.normal(0, 0.05, len(t))).astype("float32"), RATE)


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make 60 tones named as RAVDESS's files: 5 actors, 3 emotions; 1 broken file."""
    root = tmp_path_factory.mktemp("tones")
    seed = 0
    for actor in range(1, 6):
        for emotion, f0_hz in PITCHES_HZ.items():
            for statement in ("01", "02"):
                for repetition in ("01", "02"):
                    seed += 1
                    name = f"03-01-{emotion}-01-{statement}-{repetition}-{actor:02d}"
                    path = root / f"Actor_{actor:02d}" / f"{name}.wav"
                    write_tone(path, f0_hz=f0_hz, seed=seed)
    (root / "Actor_01" / "03-01-03-02-01-01-01.wav").write_bytes(b"RIFF, but no more")
    return root


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make 40 tones in one folder a label: nobody knows who speaks."""
    root = tmp_path_factory.mktemp("voices")
    for number in range(40):
        label = ("happy", "sad")[number % 2]
        f0_hz = 300.0 if label == "happy" else 900.0
        write_tone(root / label / f"{number:02d}.wav", f0_hz=f0_hz, seed=number)
    return root


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return DataFolder(tmp_path_factory.mktemp("data")).prepare()


def run(
    data: DataFolder, folder: Path, **plan: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    events: list[dict[str, Any]] = []
    record = run_pipeline(
        PipelinePlan(**plan), data_folder=data, work_folder=folder, emit=events.append
    )
    assert list(folder.iterdir()) == []
    return record, events


@pytest.fixture(scope="module")
def both(
    tones: Path, data: DataFolder, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Run both versions over the tones."""
    runs = {}
    for version, workers in (("first", None), ("enhanced", 2)):
        folder = tmp_path_factory.mktemp("work")
        runs[version] = run(
            data, folder, corpus=str(tones), version=version, workers=workers
        )
    return runs


def test_both_versions_are_equally_accurate_to_the_last_bit(both: Any) -> None:
    first, enhanced = both["first"][0], both["enhanced"][0]
    for key in (
        "accuracy",
        "uar",
        "report",
        "confusion",
        "accuracy_unseen_speakers",
        "report_unseen_speakers",
        "checksum",
        "n_train",
        "n_test",
    ):
        assert first[key] == enhanced[key], key
    assert first["accuracy"] > 1 / 3
    assert first["accuracy_unseen_speakers"] is not None


def test_records_are_whole_and_name_their_version(both: Any) -> None:
    for version, backend, workers in (
        ("first", "sequential", 1),
        ("enhanced", "loky", 2),
    ):
        record = both[version][0]
        validate(record)
        assert record["version"] == version
        assert (record["backend"], record["workers"]) == (backend, workers)
        assert [stage["name"] for stage in record["stages"]] == STAGES
        assert record["total_wall_s"] == pytest.approx(
            sum(stage["wall_s"] for stage in record["stages"])
        )
        assert record["corpus"]["root"] == Path(record["corpus"]["root"]).name


def test_broken_file_is_listed_and_left_out(both: Any) -> None:
    for record, _ in both.values():
        (failure,) = record["failures"]
        assert failure["path"] == "Actor_01/03-01-03-02-01-01-01.wav"
        assert failure["reason"]
        assert record["corpus"]["n_files"] == 61
        parts = ("n_train", "n_validation", "n_test")
        assert sum(record[part] for part in parts) == 60
        assert any("1 file(s) could not be read" in note for note in record["notes"])


def test_figures_of_the_stages_can_be_believed(both: Any) -> None:
    for record, _ in both.values():
        assert record["initial"]["rss_bytes"] > 20e6
        assert record["initial"]["cpu_user_s"] > 0
        for stage in record["stages"]:
            assert stage["wall_s"] > 0
            assert stage["rss_end_bytes"] > 20e6
            assert stage["peak_rss_bytes"] >= stage["rss_end_bytes"]
    extraction = {v: both[v][0]["stages"][1] for v in both}
    # the workers' memory is in the tree's peak, and not in the parent's own
    enhanced = extraction["enhanced"]
    assert enhanced["peak_rss_bytes"] > 1.5 * enhanced["rss_end_bytes"]
    assert enhanced["cpu_user_s"] > 0


def test_events_show_every_stage_and_the_progress(both: Any) -> None:
    for _, events in both.values():
        assert all(isinstance(event["t"], float) for event in events)
        stages = [e for e in events if e["type"] == "stage"]
        assert [e["name"] for e in stages if e["state"] == "started"] == STAGES
        finished = [e for e in stages if e["state"] == "finished"]
        assert [e["name"] for e in finished] == STAGES
        assert all(e["wall_s"] > 0 for e in finished)
        progress = [e for e in events if e["type"] == "progress"]
        assert progress[-1]["done"] == progress[-1]["total"] == 61
        assert progress[-1]["remaining_s"] == 0
        assert {e["what"] for e in progress} == {"feature extraction"}


def test_threads_inside_libraries_are_pinned_in_both_versions(both: Any) -> None:
    for record, _ in both.values():
        pools = record["environment"]["threadpools"]
        assert pools
        assert {pool["n_threads"] for pool in pools} == {1}


def test_svm_is_forecast_and_unknown_speakers_are_a_reason(
    voices: Path, data: DataFolder, tmp_path: Path
) -> None:
    record, events = run(
        data, tmp_path, corpus=str(voices), version="first", model="svm", limit=30
    )
    assert record["corpus"]["n_files"] == 30
    assert record["model"] == "svm"
    assert record["accuracy_unseen_speakers"] is None
    assert record["report_unseen_speakers"] is None
    assert (
        "speaker of 30 of 30 utterances is unknown"
        in (record["unseen_speakers_reason"])
    )
    said = [event["message"] for event in events if event["type"] == "log"]
    assert any(message.startswith("The SVM will take about") for message in said)
    kinds = [
        e.get("name") or e["type"] for e in events if e["type"] in ("log", "stage")
    ]
    assert kinds.index("log") < kinds.index("training")


def test_one_class_is_refused_before_the_long_stage(
    voices: Path, data: DataFolder, tmp_path: Path
) -> None:
    one = tmp_path / "one"
    for number in range(12):
        write_tone(one / "happy" / f"{number}.wav", f0_hz=300, seed=number)
    work = tmp_path / "work"
    work.mkdir()
    events: list[dict[str, Any]] = []
    with pytest.raises(ParameterError, match="all 12 utterances are 'happy'"):
        run_pipeline(
            PipelinePlan(corpus=str(one), version="first"),
            data_folder=data,
            work_folder=work,
            emit=events.append,
        )
    assert "feature extraction" not in {event.get("name") for event in events}
    assert list(work.iterdir()) == []


def test_missing_corpus_is_named(data: DataFolder, tmp_path: Path) -> None:
    plan = PipelinePlan(corpus=str(tmp_path / "nowhere"), version="first")
    with pytest.raises(CorpusError, match="nowhere"):
        run_pipeline(
            plan, data_folder=data, work_folder=tmp_path, emit=lambda event: None
        )


def test_killed_process_fails_with_a_reason_and_leaves_nothing(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    tree: list[psutil.Process] = []

    def kill(event: dict[str, Any]) -> None:
        if event["type"] == "progress" and not tree:
            own = psutil.Process().children(recursive=True)
            tree.extend(own)
            (pipeline,) = [
                p for p in own if "pipeline_process" in " ".join(p.cmdline())
            ]
            pipeline.kill()

    plan = PipelinePlan(corpus=str(tones), version="enhanced", workers=2)
    with pytest.raises(JobError, match="killed by SIGKILL"):
        run_pipeline(plan, data_folder=data, work_folder=tmp_path, emit=kill)
    assert len(tree) >= 3
    _, alive = psutil.wait_procs(tree, timeout=20)
    assert not alive
    assert list(tmp_path.iterdir()) == []


def test_process_ends_when_its_supervisor_is_gone(
    tones: Path, data: DataFolder, tmp_path: Path
) -> None:
    specification = tmp_path / "spec.json"
    specification.write_text(
        json.dumps(
            {
                "plan": PipelinePlan(corpus=str(tones), version="first").to_json(),
                "data_folder": str(data.root),
                "record": str(tmp_path / "record.json"),
                "supervisor": os.getpid(),
            }
        )
    )
    process = subprocess.Popen(
        [*package_command("ser_core.bench.pipeline_process"), str(specification)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=package_environment(),
    )
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.readline()
    process.stdin.close()
    assert process.wait(timeout=30) != 0
    process.stdout.close()
    assert not (tmp_path / "record.json").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "second"}, "version = 'second' is not known.*first, enhanced"),
        ({"model": "MLP"}, "model = 'MLP' is not known.*mlp, svm"),
        ({"features": "mfcc"}, "mfcc13x500"),
        ({"front_end": "gpu"}, "gpu"),
        ({"inner_threads": "2"}, "inner_threads = '2'"),
        ({"limit": 0}, "limit = 0"),
        ({"limit": True}, "limit = True"),
        ({"workers": 0}, "n_workers = 0"),
        ({"workers": -2}, "n_workers = -2"),
        ({"workers": 10_000}, "n_workers = 10000"),
        ({"version": "first", "workers": 2}, "first version, which is sequential"),
        ({"corpus": ""}, "corpus = ''"),
    ],
)
def test_plan_refuses_what_is_not_allowed(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        PipelinePlan(**{"corpus": "x", "version": "enhanced", **change})


def test_plan_survives_json_and_refuses_unknown_fields() -> None:
    plan = PipelinePlan(corpus="x", version="enhanced", limit=5, model="svm")
    assert PipelinePlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
    with pytest.raises(ParameterError, match="unknown fields: shell"):
        PipelinePlan.from_json({**plan.to_json(), "shell": "rm"})
    with pytest.raises(ParameterError, match="lacks: version"):
        PipelinePlan.from_json({"corpus": "x"})


def utterances(n: int, **known: list[str]) -> list[Utterance]:
    return [
        Utterance(
            path=Path(f"{i}.wav"),
            corpus="folder",
            emotion=("happy", "sad")[i % 2],
            label="",
            **{name: values[i % len(values)] for name, values in known.items()},
        )
        for i in range(n)
    ]


def features(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = np.array(["happy", "sad"] * (n // 2))
    X = rng.normal(size=(n, 6)).astype(np.float32)
    X[y == "sad"] += 2
    return X, y


def test_sessions_stand_in_for_unknown_speakers_and_are_said() -> None:
    X, y = features(80)
    before = X.copy()
    known = utterances(80, session=["a", "b", "c", "d", "e"])
    unseen = try_unseen_speakers(X, y, known, model_name="svm")
    assert unseen.result is not None
    assert unseen.result.accuracy > 0.8
    assert "sessions were kept apart" in (unseen.note or "")
    assert np.array_equal(X, before)


def test_too_few_speakers_are_a_reason_and_no_error() -> None:
    X, y = features(80)
    known = utterances(80, speaker=["OAF", "OAF", "YAF", "YAF"])
    unseen = try_unseen_speakers(X, y, known, model_name="mlp")
    assert unseen.result is None
    assert "2 speaker(s) found" in (unseen.reason or "")
    assert unseen.to_json()["accuracy_unseen_speakers"] is None


def test_supports_of_both_tests_add_up(both: Any) -> None:
    record = both["first"][0]
    support = Counter({k: v["support"] for k, v in record["report"].items()})
    assert support.total() == record["n_test"]
    assert [sum(row) for row in record["confusion"]] == list(support.values())
