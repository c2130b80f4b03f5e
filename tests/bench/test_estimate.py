from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bench_corpora import tone_corpus

from ser_core.bench.estimate import estimate_apart, rates_of_records
from ser_core.bench.plan import BenchmarkPlan
from ser_core.errors import CorpusError, JobError
from ser_core.store.data_folder import DataFolder

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data").prepare()


def record(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "bench",
        "source": "local",
        "corpus": {"duration_s": 100.0},
        "feature_set": {"name": "mfcc13x500"},
        "summary": [{"arm": "reference/loky/2/1", "median_wall_s": 5.0}],
        **changes,
    }


def test_earlier_runs_tell_seconds_per_second_of_audio() -> None:
    newer = record(summary=[{"arm": "reference/loky/2/1", "median_wall_s": 4.0}])
    rates = rates_of_records([record(), newer], features="mfcc13x500")
    assert rates == {"reference/loky/2/1": 0.04}


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "pipeline"},
        {"source": "imported"},
        {"corpus": {"duration_s": None}},
        {"feature_set": {"name": "mfcc20x500"}},
    ],
)
def test_runs_that_do_not_compare_tell_nothing(changes: dict[str, Any]) -> None:
    assert rates_of_records([record(**changes)], features="mfcc13x500") == {}


def test_known_rates_are_used_without_timing_anything(
    tmp_path: Path, data: DataFolder
) -> None:
    corpus = tone_corpus(tmp_path / "corpus", n_files=4)
    rates = {"reference/sequential/1/1": 100.0, "reference/threads/2/1": 50.0}
    plan = BenchmarkPlan.cross(
        str(corpus), backends=["sequential", "threads"], workers=[2], repeats=3
    )
    found = estimate_apart(plan, data_folder=data, rates=rates)
    # 4 files of 0.3 s: 120 s and 60 s of work
    assert found.n_files == 4
    assert found.arms["reference/sequential/1/1"] == pytest.approx(120, abs=10)
    difference_s = (
        found.arms["reference/sequential/1/1"] - found.arms["reference/threads/2/1"]
    )
    assert difference_s == pytest.approx(60, abs=1)
    assert found.total_s == pytest.approx(3 * sum(found.arms.values()))
    assert "earlier runs" in found.basis


def test_a_few_files_are_timed_where_nothing_is_known(
    tmp_path: Path, data: DataFolder
) -> None:
    corpus = tone_corpus(tmp_path / "corpus", n_files=3)
    plan = BenchmarkPlan.cross(str(corpus), workers=[2])
    found = estimate_apart(plan, data_folder=data)
    assert found.arms.keys() == {arm.key for arm in plan.arms}
    assert all(seconds > 0 for seconds in found.arms.values())
    assert "3 files, timed just now" in found.basis


def test_errors_come_back_as_themselves(tmp_path: Path, data: DataFolder) -> None:
    with pytest.raises(CorpusError, match="no-such-corpus"):
        estimate_apart(BenchmarkPlan.cross("no-such-corpus"), data_folder=data)
    broken = tmp_path / "corpus" / "sad" / "a.wav"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no audio")
    with pytest.raises(CorpusError, match="none of 1 files could be read"):
        estimate_apart(BenchmarkPlan.cross(str(tmp_path / "corpus")), data_folder=data)


def test_estimate_that_takes_too_long_is_given_up(
    tmp_path: Path, data: DataFolder
) -> None:
    corpus = tone_corpus(tmp_path / "corpus", n_files=1)
    with pytest.raises(JobError, match="without one"):
        estimate_apart(
            BenchmarkPlan.cross(str(corpus)), data_folder=data, timeout_s=0.01
        )
