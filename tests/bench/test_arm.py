from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from bench_corpora import tone_corpus

from ser_core.bench.arm import ArmSpec, Tally
from ser_core.bench.plan import Arm
from ser_core.bench.repetition import (
    Listener,
    Repetition,
    arm_environment,
    other_cpu_share,
    peak_pss_bytes,
    peak_rss_bytes,
    run_repetition,
)
from ser_core.errors import BackendError
from ser_core.features import Extraction
from ser_core.measure.sampler import Sample
from ser_core.measure.sampling import package_environment

pytestmark = pytest.mark.timeout(300)

WAIT_S = 60.0


@pytest.fixture
def spec(tmp_path: Path) -> ArmSpec:
    """Return work that does not end by itself within a test."""
    corpus = tone_corpus(tmp_path / "corpus", n_files=4)
    paths = sorted(str(path) for path in corpus.rglob("*.wav"))
    return ArmSpec(
        arm=Arm(backend="loky", workers=2),
        features="mfcc13x500",
        paths=tuple(paths * 10_000),
        chunk_size=1,
        n_cores=2,
        supervisor=os.getpid(),
        timeline=tmp_path / "timeline.json",
    )


def extraction(**changes: Any) -> Extraction:
    fields: dict[str, Any] = {
        "path": "a.wav",
        "values": np.zeros((2, 3), np.float32),
        "error": None,
        "note": None,
        "started_s": 11.0,
        "ended_s": 12.0,
        "worker": "7",
    }
    return Extraction(**{**fields, **changes})


def listener(**changes: Any) -> Listener:
    return replace(Listener.silent(), **changes)


def test_specification_survives_json(spec: ArmSpec) -> None:
    assert ArmSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_checksum_is_of_little_endian_float32_in_order() -> None:
    first = np.arange(6, dtype=np.float32).reshape(2, 3)
    second = np.full((2, 3), -1.5, np.float32)
    tally = Tally(10.0)
    tally.add(extraction(values=first))
    tally.add(extraction(values=None, error="broken"))
    tally.add(extraction(values=second))
    expected = hashlib.sha256(
        first.astype("<f4").tobytes() + second.astype("<f4").tobytes()
    )
    assert tally.checksum == expected.hexdigest()
    assert tally.n_done == 3


def test_checksum_does_not_depend_on_how_an_array_lies_in_memory() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    plain, turned, swapped = Tally(0.0), Tally(0.0), Tally(0.0)
    plain.add(extraction(values=values))
    turned.add(extraction(values=np.asfortranarray(values)))
    swapped.add(extraction(values=values.astype(">f4")))
    assert plain.checksum == turned.checksum == swapped.checksum


def test_checksum_depends_on_the_order() -> None:
    one, two = np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)
    forth, back = Tally(0.0), Tally(0.0)
    for tally, arrays in ((forth, (one, two)), (back, (two, one))):
        for values in arrays:
            tally.add(extraction(values=values))
    assert forth.checksum != back.checksum


def test_timeline_counts_from_the_beginning_of_the_work() -> None:
    tally = Tally(10.0)
    tally.add(extraction())
    tally.add(extraction(values=None, error="broken", note=None, worker="7/w"))
    assert tally.timeline == [("7", 1.0, 2.0, True), ("7/w", 1.0, 2.0, False)]
    assert tally.failures == [{"path": "a.wav", "reason": "broken"}]


def test_silent_file_is_listed() -> None:
    tally = Tally(0.0)
    tally.add(extraction(note="digital silence"))
    assert tally.silent == ["a.wav"]


def test_pinned_arm_starts_with_one_thread_per_library(
    spec: ArmSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    pinned = arm_environment(spec, numba_cache=tmp_path / "n", temporary=tmp_path)
    assert pinned["OMP_NUM_THREADS"] == pinned["OPENBLAS_NUM_THREADS"] == "1"
    assert pinned["NUMBA_CACHE_DIR"] == str(tmp_path / "n")
    assert pinned["TMPDIR"] == str(tmp_path)
    free = replace(spec, arm=Arm(inner_threads="default"))
    environment = arm_environment(free, numba_cache=tmp_path, temporary=tmp_path)
    assert "OMP_NUM_THREADS" not in environment


def test_arm_that_is_killed_is_reported_with_its_signal(
    spec: ArmSpec, tmp_path: Path
) -> None:
    def kill(phase: str) -> None:
        if phase == "work":
            (arm,) = [p for p in psutil.Process().children() if "bench.arm" in line(p)]
            arm.kill()

    with pytest.raises(BackendError, match=r"loky, 2 workers.*SIGKILL"):
        run_repetition(
            spec,
            numba_cache=tmp_path,
            folder=tmp_path / "work",
            listener=listener(on_phase=kill),
        )
    assert ended(psutil.Process().children(recursive=True))


def test_worker_that_is_killed_ends_the_arm_with_a_reason(
    spec: ArmSpec, tmp_path: Path
) -> None:
    def kill(done: int, elapsed_s: float) -> None:
        (arm,) = [p for p in psutil.Process().children() if "bench.arm" in line(p)]
        workers = [p for p in arm.children() if "resource_tracker" not in line(p)]
        workers[0].kill()

    with pytest.raises(BackendError, match="loky, 2 workers"):
        run_repetition(
            spec,
            numba_cache=tmp_path,
            folder=tmp_path / "work",
            listener=listener(on_progress=kill),
        )
    assert ended(psutil.Process().children(recursive=True))


def test_arm_that_cannot_start_is_reported_without_a_stack_trace(
    spec: ArmSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ser_core.bench.repetition.package_command",
        lambda _module: (sys.executable, "-c", "import no_such_module_here"),
    )
    with pytest.raises(BackendError, match="no_such_module_here") as caught:
        run_repetition(
            spec, numba_cache=tmp_path, folder=tmp_path / "w", listener=listener()
        )
    assert "Traceback" not in caught.value.message
    assert "exit code 1" in caught.value.message


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
def test_arm_and_workers_end_when_the_supervisor_is_killed(
    spec: ArmSpec, tmp_path: Path
) -> None:
    code = (
        "import json, os, sys\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from ser_core.bench.arm import ArmSpec\n"
        "from ser_core.bench.repetition import Listener, run_repetition\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "spec = ArmSpec.from_json(json.loads((folder / 'spec.json').read_text()))\n"
        "run_repetition(\n"
        "    replace(spec, supervisor=os.getpid()),\n"
        "    numba_cache=folder,\n"
        "    folder=folder / 'work',\n"
        "    listener=replace(\n"
        "        Listener.silent(), on_progress=lambda *_: print('ready', flush=True)\n"
        "    ),\n"
        ")\n"
    )
    (tmp_path / "spec.json").write_text(json.dumps(spec.to_json()))
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env=package_environment(),
    ) as supervisor:
        assert supervisor.stdout is not None
        guard = threading.Timer(WAIT_S, supervisor.kill)
        guard.start()
        assert supervisor.stdout.readline().strip() == "ready"
        guard.cancel()
        tree = psutil.Process(supervisor.pid).children(recursive=True)
        lines = [line(process) for process in tree]
        assert any("bench.arm" in text for text in lines)
        assert any("measure.sampler" in text for text in lines)
        assert len(tree) >= 4
        os.kill(supervisor.pid, signal.SIGKILL)
        assert ended(tree)


def sample(**changes: Any) -> Sample:
    fields: dict[str, Any] = {
        "at_s": 0.0,
        "rss_bytes": 100,
        "pss_bytes": None,
        "private_bytes": None,
        "high_water_bytes": None,
        "largest_high_water_bytes": None,
        "user_s": 0.0,
        "system_s": 0.0,
        "cores": (0.0, 0.0),
        "busy_s": 0.0,
        "measuring_s": 0.0,
        "n_processes": 1,
        "request": None,
    }
    return Sample(**{**fields, **changes})


def repetition(*samples: Sample) -> Repetition:
    return Repetition(
        figures={}, first=samples[0], last=samples[-1], samples=tuple(samples)
    )


def test_share_of_others_leaves_out_the_tree_and_the_measuring() -> None:
    shown = repetition(
        sample(busy_s=100.0, user_s=5.0, measuring_s=1.0),
        sample(at_s=10.0, busy_s=115.0, user_s=13.0, system_s=1.0, measuring_s=1.5),
    )
    # 15 s busy, 9 s of the tree, 0.5 s of measuring; 20 s of two cores
    assert other_cpu_share(shown) == pytest.approx(5.5 / 20)


def test_share_of_others_is_never_below_nothing() -> None:
    shown = repetition(sample(), sample(at_s=1.0, busy_s=0.9, user_s=1.0))
    assert other_cpu_share(shown) == 0.0


def test_peak_is_the_largest_sample_of_the_work() -> None:
    shown = repetition(
        sample(pss_bytes=50), sample(rss_bytes=300, pss_bytes=70), sample()
    )
    assert peak_rss_bytes(shown) == 300
    assert peak_pss_bytes(shown) == 70
    assert peak_pss_bytes(repetition(sample(), sample())) is None


def test_peak_between_two_samples_is_known_from_the_high_water_mark() -> None:
    grown = repetition(
        sample(largest_high_water_bytes=150), sample(largest_high_water_bytes=900)
    )
    old = repetition(
        sample(largest_high_water_bytes=900), sample(largest_high_water_bytes=900)
    )
    assert peak_rss_bytes(grown) == 900
    assert peak_rss_bytes(old) == 100


def line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def ended(processes: list[psutil.Process]) -> bool:
    """Tell whether processes end within a generous time, those reaped by others too."""
    _, left = psutil.wait_procs(processes, timeout=WAIT_S)
    return not [p for p in left if p.status() != psutil.STATUS_ZOMBIE]
