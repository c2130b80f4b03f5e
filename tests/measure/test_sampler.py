from __future__ import annotations

import os
import subprocess
import sys
import threading

import psutil
import pytest
from tree_children import HOLD, child, holding, runs, wait_until

from ser_core.errors import JobError, ParameterError
from ser_core.measure import sampler
from ser_core.measure.sampler import Sample, TreeWatcher
from ser_core.measure.sampling import Sampling, package_environment

pytestmark = pytest.mark.timeout(150)


def test_requested_sample_is_complete() -> None:
    n_bytes = 50_000_000
    with (
        child(holding(n_bytes)) as process,
        Sampling(process.pid, on_sample=lambda _: None) as sampling,
    ):
        sample = sampling.request()
        again = sampling.request()
    assert sample.rss_bytes >= n_bytes
    assert sample.n_processes == 1
    assert len(sample.cores) == psutil.cpu_count()
    assert again.at_s > sample.at_s
    assert again.busy_s >= sample.busy_s
    assert again.measuring_s > sample.measuring_s
    if psutil.LINUX:
        assert sample.pss_bytes is not None
        assert sample.high_water_bytes is not None
        assert sample.high_water_bytes >= n_bytes


def test_sampler_is_no_part_of_the_tree_that_started_it() -> None:
    with Sampling(os.getpid(), on_sample=lambda _: None, inside=True) as sampling:
        children = {p.pid for p in psutil.Process().children(recursive=True)}
        assert sampling.pid in children
        # what earlier tests left running belongs to this process's tree, too
        assert sampling.request().n_processes == 1 + len(children - {sampling.pid})


def test_samples_come_by_themselves() -> None:
    seen: list[Sample] = []
    enough = threading.Event()

    def take(sample: Sample) -> None:
        seen.append(sample)
        if len(seen) == 3:
            enough.set()

    with child(HOLD) as process, Sampling(process.pid, on_sample=take):
        assert enough.wait(30)
    times = [sample.at_s for sample in seen[:3]]
    assert times == sorted(times)
    assert times[2] - times[0] >= 2 * sampler.MIN_INTERVAL_S * 0.9


def test_pss_is_read_no_faster_than_its_interval() -> None:
    watcher = TreeWatcher(os.getpid(), exclude=[], supervisor=None, pss_interval_s=1e6)
    first, second, asked = watcher.take(), watcher.take(), watcher.take(request=1)
    assert second.pss_bytes is None
    assert (first.pss_bytes is None) == (asked.pss_bytes is None)
    assert second.high_water_bytes is None


def test_sampler_ends_with_the_watched_process() -> None:
    with child(HOLD) as process:
        sampling = Sampling(process.pid, on_sample=lambda _: None)
        with sampling:
            sampling.request()
            process.kill()
            process.wait()
            assert wait_until(lambda: not runs(sampling.pid))
            with pytest.raises(JobError, match="no sample"):
                sampling.request()


def test_sampler_ends_when_its_parent_is_killed() -> None:
    code = (
        "import os\n"
        "from ser_core.measure.sampling import Sampling\n"
        f"with Sampling({os.getpid()}, on_sample=lambda _: None) as sampling:\n"
        "    print('ready', flush=True)\n"
        "    print(sampling.pid, flush=True)\n"
        "    import time; time.sleep(600)\n"
    )
    with child(code) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert runs(pid)
        process.kill()
        assert wait_until(lambda: not runs(pid))


def test_sampling_of_a_process_that_is_gone_gives_no_sample() -> None:
    with (
        Sampling(2**22 + 1, on_sample=lambda _: None) as sampling,
        pytest.raises(JobError, match="ended"),
    ):
        sampling.request()


def test_sampling_has_to_be_started() -> None:
    with pytest.raises(JobError, match="with statement"):
        Sampling(os.getpid(), on_sample=lambda _: None).request()


@pytest.mark.parametrize("option", ["--interval=0.01", "--pss-interval=0.5"])
def test_sampling_that_would_disturb_the_work_is_refused(option: str) -> None:
    with pytest.raises(ParameterError, match="at least"):
        sampler.main(["--pid=1", option])


def test_child_interpreters_find_the_package_from_any_folder(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import ser_core; print(ser_core.__version__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=str(tmp_path),
        env=package_environment(),
    )
    assert done.stdout.strip()
