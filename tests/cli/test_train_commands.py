"""``train``, ``compare``, ``study``, ``table`` and the lists, as people type them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.tone_corpora import ravdess_tones

pytestmark = pytest.mark.timeout(170)

ROOT = Path(__file__).parents[2]
KEYS = {
    *("model", "features", "split", "n_train", "n_test", "war", "uar"),
    *("war_interval", "uar_interval", "per_class", "confusion", "fit_s"),
    "peak_rss_bytes",
}


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ravdess_tones(tmp_path_factory.mktemp("tones"), actors=3)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def done(data: Path, *arguments: str, status: int = 0) -> tuple[str, str]:
    process = subprocess.run(
        [sys.executable, "-m", "ser_core", *arguments, "--data-dir", str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=160,
        check=False,
    )
    assert process.returncode == status, process.stderr
    return process.stdout, process.stderr


def test_a_random_split_always_brings_unseen_speakers(
    tones: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run.json"
    printed, _ = done(
        data,
        *("train", "--corpus", str(tones), "--features", "means180"),
        *("--model", "knn", "--split", "random", "--seed", "0"),
        *("--json", str(out), "--save", "tones"),
    )
    found = json.loads(out.read_text())
    assert set(found) >= KEYS
    assert set(found["unseen_speakers"]) >= KEYS
    assert found["split"] == "random-70-15-15"
    assert found["unseen_speakers"]["split"] == "loso"
    assert found["n_train"] + found["n_test"] < 36  # the rest is for validation
    assert set(found["per_class"]["happy"]) >= {"precision", "recall", "f1", "support"}
    assert sum(map(sum, found["confusion"]["counts"])) == found["n_test"]
    assert "saved as model tones" in printed
    saved, _ = done(data, "models", "saved")
    assert saved.startswith("tones: knn on means180, ravdess")
    exported, _ = done(data, "runs", "export", found["run"], "--csv", "predictions")
    assert exported.startswith("run_id,split,corpus,path,speaker,fold,truth,predicted")


def test_a_comparison_gives_every_run_and_the_pairs(
    tones: Path, data: Path, tmp_path: Path
) -> None:
    out, _ = done(
        data,
        *("compare", "--corpus", str(tones), "--features", "means180"),
        *("--models", "knn,dt", "--split", "loso", "--json", "-"),
    )
    found = json.loads(out)
    assert [run["model"] for run in found["runs"]] == ["knn", "dt"]
    assert found["runs"][0]["unseen_speakers"]["uar"] == found["runs"][0]["uar"]
    assert len(found["pairs"]) == 1


def test_a_table_fills_its_cells(tones: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "table.md"
    _, progress = done(
        data,
        *("table", "--corpus", str(tones), "--features", "means180", "--models"),
        *("knn", "--extra", "", "--budget", "2m", "--markdown", str(out)),
    )
    assert "1 of 1: ravdess, means180, knn: done" in progress
    assert "## ravdess" in out.read_text()


@pytest.mark.skipif(os.name == "nt", reason="a folder that cannot be written")
def test_a_model_that_could_not_be_saved_is_no_success(
    tones: Path, tmp_path: Path
) -> None:
    (tmp_path / "models").write_text("in the way of the folder")
    printed, told = done(
        tmp_path,
        *("train", "--corpus", str(tones), "--features", "means180"),
        *("--model", "knn", "--split", "loso", "--save", "lost"),
        status=1,
    )
    assert "error: model 'lost' was not saved" in told
    assert "stored as run" in printed


def test_a_table_that_cannot_be_written_is_refused_before_the_work(
    tones: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "nowhere" / "table.md"
    _, told = done(
        data, "table", "--corpus", str(tones), "--markdown", str(out), status=2
    )
    assert "--markdown" in told
    assert "in a folder that exists" in told
    assert "Features" not in told


def test_the_lists_name_what_can_be_chosen(data: Path) -> None:
    models = json.loads(done(data, "models", "list", "--json", "-")[0])
    features = json.loads(done(data, "features", "list", "--json", "-")[0])
    assert {"mlp", "svm", "gmm", "v1", "v4"} <= {info["name"] for info in models}
    assert {"mfcc13x500", "means180", "prosody", "functionals"} <= {
        info["name"] for info in features
    }
    assert all(info["description"] and info["source"] for info in models + features)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "oracle"), "model = 'oracle' is not known"),
        (("--features", "mfcc7"), "features = 'mfcc7' is not known"),
        (("--split", "leaky"), "split = 'leaky' is not known"),
        (("--parameter", "C"), "NAME=VALUE"),
        (("--parameter", "gammma=1"), "gammma"),
        (("--save", "../up"), "save = '../up'"),
        (("--pca", "1.5"), "pca"),
        (("--split", "loco"), "add a corpus"),
    ],
)
def test_what_is_not_possible_is_told_at_once(
    tones: Path, data: Path, arguments: tuple[str, ...], message: str
) -> None:
    _, err = done(data, "train", "--corpus", str(tones), *arguments, status=2)
    assert message in err
    assert "Traceback" not in err
