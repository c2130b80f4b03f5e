"""Every feature set: what it promises, and the same values from every back end."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from feature_signals import vowel

from ser_core.errors import ParameterError
from ser_core.execution import map
from ser_core.features import (
    FEATURE_SETS,
    Extraction,
    ExtractionTask,
    extract,
    feature_set,
)
from ser_core.features.feature_set import FeatureSet
from ser_core.features.registry import feature_set_infos

ROOT = Path(__file__).resolve().parents[2]

# numba compiles the resampler where its cache is cold
pytestmark = pytest.mark.timeout(180)

HERE = [info.name for info in feature_set_infos() if info.available]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return voices of several rates, stereo and a broken file among them."""
    folder = tmp_path_factory.mktemp("recordings")
    paths = []
    for i, sample_rate in enumerate((16_000, 44_100, 48_000, 24_000)):
        y = vowel(0.4 + 0.2 * i, sample_rate=sample_rate, f0_hz=110 + 40 * i, seed=i)
        path = folder / f"{i}.flac"
        soundfile.write(path, np.stack([y, y], axis=1) if i == 2 else y, sample_rate)
        paths.append(str(path))
    broken = folder / "broken.flac"
    broken.write_bytes(b"no sound")
    return [*paths, str(broken)]


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_a_set_is_what_its_name_says(name: str) -> None:
    described = feature_set(name)
    assert described.name == described.label == name
    assert described.size == np.prod(described.shape)
    assert len(described.column_names()) == len(set(described.column_names()))
    assert len(described.column_names()) == described.size
    assert pickle.loads(pickle.dumps(described)) == described
    assert "preprocessing" not in described.to_json()


def test_keys_are_all_different() -> None:
    assert len({s.key for s in FEATURE_SETS.values()}) == len(FEATURE_SETS)


def test_infos_describe_every_set_in_words() -> None:
    infos = feature_set_infos()
    assert [info.name for info in infos] == list(FEATURE_SETS)
    for info in infos:
        described = feature_set(info.name)
        assert (info.shape, info.size) == (described.shape, described.size)
        assert all((info.title, info.description, info.source))
        assert info.available == (info.reason is None)
    assert len({info.title for info in infos}) == len(infos)


@pytest.mark.parametrize("name", HERE)
def test_values_have_the_promised_shape(name: str, recordings: list[str]) -> None:
    for path in recordings[:-1]:
        values = extract(path, feature_set(name))
        assert values.shape == feature_set(name).shape
        assert values.dtype == np.float32
        assert np.isfinite(values).all()


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("step", ["denoise", "trim", "cut-silence"])
def test_every_set_takes_steps_of_pre_processing(
    name: str, step: str, recordings: list[str]
) -> None:
    plain = extract(recordings[0], feature_set(name))
    values = extract(recordings[0], feature_set(f"{name}+{step}"))
    assert values.shape == plain.shape
    assert np.isfinite(values).all()
    if step == "denoise":
        assert not np.array_equal(values, plain)


@pytest.mark.parametrize("name", ["mfcc13x500", "means180", "mfcc39x94"])
@pytest.mark.parametrize("window", ["hamming", "blackman", "rectangular"])
def test_a_window_changes_the_values(
    name: str, window: str, recordings: list[str]
) -> None:
    plain = extract(recordings[0], feature_set(name))
    values = extract(recordings[0], feature_set(f"{name}+{window}"))
    assert not np.allclose(values, plain, rtol=1e-3)


@pytest.mark.parametrize("name", ["prosody", "functionals", "egemaps"])
def test_a_window_is_refused_where_it_has_no_meaning(name: str) -> None:
    with pytest.raises(ParameterError, match="'hamming' has no meaning here, because"):
        feature_set(f"{name}+trim+hamming")


@pytest.mark.parametrize("step", ["normalise", "loudness"])
def test_a_level_is_refused_by_sets_that_set_it_themselves(step: str) -> None:
    with pytest.raises(ParameterError, match="scales every clip to a peak of 1 itself"):
        feature_set(f"mfcc39x94+{step}")


@pytest.mark.parametrize("label", ["", "mfcc", "+trim", "MFCC13x500"])
def test_an_unknown_name_is_refused_with_those_that_are_known(label: str) -> None:
    with pytest.raises(ParameterError, match="choose one of: mfcc13x500"):
        feature_set(label)


@dataclass(frozen=True, kw_only=True)
class Foreign(FeatureSet):
    """A kind of set that no front end knows."""

    kind = "foreign"
    title = "foreign"

    @property
    def shape(self) -> tuple[int]:
        return (1,)

    def column_names(self) -> list[str]:
        return ["one"]


def test_a_kind_that_is_not_known_is_refused(recordings: list[str]) -> None:
    with pytest.raises(ParameterError, match="'foreign' are not known to this front"):
        extract(recordings[0], Foreign(name="foreign"))


@pytest.mark.parametrize(
    ("backend", "n_workers"), [("threads", 3), ("processes", 2), ("loky", 2)]
)
def test_every_set_is_the_same_to_the_bit_from_every_back_end(
    backend: str, n_workers: int, recordings: list[str]
) -> None:
    labels = [*HERE, "means180+denoise+cut-silence+loudness"]
    jobs = [
        (ExtractionTask(feature_set=feature_set(label)), path)
        for label in labels
        for path in (recordings[1], recordings[-1])
    ]
    # through the sequential back end, which gives libraries one thread as the others do
    expected = list(map(run_one, jobs))
    results = list(map(run_one, jobs, backend=backend, n_workers=n_workers))
    assert [r.error for r in results] == [r.error for r in expected]
    assert [None if r.values is None else r.values.tobytes() for r in results] == [
        None if r.values is None else r.values.tobytes() for r in expected
    ]
    assert [r.values is None for r in expected] == [False, True] * len(labels)


def run_one(job: tuple[ExtractionTask, str]) -> Extraction:
    """Extract one set of one file."""
    task, path = job
    return task(path)


def test_silence_that_is_to_be_removed_is_a_listed_failure(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(16_000), 16_000)
    result = ExtractionTask(feature_set=feature_set("means180+trim"))(str(path))
    assert result.values is None
    assert result.error is not None
    assert result.error.startswith(f"'{path}': nothing but silence is left")
    unchanged = ExtractionTask(feature_set=feature_set("means180+normalise"))(str(path))
    assert unchanged.values is not None
    assert unchanged.note is not None
    assert "digital silence" in unchanged.note


def test_fresh_threads_may_begin_with_every_set_at_once(recordings: list[str]) -> None:
    labels = [f"{name}+denoise" for name in HERE if name != "egemaps"]
    code = (
        "import sys\n"
        "from ser_core.execution import map\n"
        "from ser_core.features import ExtractionTask, feature_set\n"
        f"tasks = [ExtractionTask(feature_set=feature_set(n)) for n in {labels!r}]\n"
        f"results = list(map(lambda task: task({recordings[0]!r}), tasks, "
        "backend='threads', n_workers=4))\n"
        "heavy = ('streamlit', 'pandas', 'sklearn', 'torch', 'plotly', 'matplotlib')\n"
        "print({r.error for r in results}, [m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "{None} []\n"
