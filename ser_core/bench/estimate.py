"""Say how long a plan will take, before anybody waits for it.

``python -m ser_core.bench.estimate`` reads a request from standard input and writes
the estimate to standard output, both as JSON, so that a web server need not do the
work that is timed. An estimate is no measurement: it is shown, and not kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ser_core import errors
from ser_core.bench.arm import ArmSpec
from ser_core.bench.plan import REFERENCE_ARM, Arm, BenchmarkPlan
from ser_core.bench.repetition import Listener, run_repetition
from ser_core.bench.selection import listed
from ser_core.corpora.durations import durations
from ser_core.corpora.listing import select_evenly
from ser_core.corpora.utterance import Utterance
from ser_core.errors import CorpusError, JobError, SerError
from ser_core.measure.cores import available_cores
from ser_core.measure.sampling import package_command, package_environment
from ser_core.store.data_folder import DataFolder

TIMED_FILES: Final = 8
"""Files that are timed where no earlier run tells."""

_LENGTH_FILES: Final = 200
"""Files whose length is read to guess that of all."""

_SHARE_OF_IDEAL: Final = 0.85
"""Speed-up per core that pinned workers are expected to reach."""

_KNOWN_FIXED_S: Final = 4.0
"""Seconds around the work of an arm of which an earlier run tells the rest."""

_COMPILING_S: Final = 10.0
"""A warm-up this long compiled code, which no later one does: time once more."""

_ESTIMATE_S: Final = 180.0
"""How long an estimate may take; the first run ever compiles code for a minute."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """How long a plan will take.

    Attributes
    ----------
    total_s : float
        Everything, from the first process to the last.
    arms : dict of str to float
        Seconds of one repetition of each arm, with its start-up and warm-up.
    n_files : int
        Files of the plan.
    basis : str
        What the estimate rests on, in words.

    """

    total_s: float
    arms: dict[str, float]
    n_files: int
    basis: str


def rates_of_records(
    records: Iterable[Mapping[str, Any]], *, features: str
) -> dict[str, float]:
    """Take from earlier runs how long each arm works on a second of audio.

    Parameters
    ----------
    records : iterable of dict
        Run records, the newest last.
    features : str
        Name of the feature set; runs of others say nothing.

    Returns
    -------
    rates : dict of str to float
        Arm -> seconds of work per second of audio, from this machine's runs alone.

    """
    rates = {}
    for record in records:
        if record["kind"] != "bench" or record["source"] != "local":
            continue
        duration_s = record["corpus"]["duration_s"]
        if not duration_s or record["feature_set"]["name"] != features:
            continue
        for entry in record["summary"]:
            rates[entry["arm"]] = entry["median_wall_s"] / duration_s
    return rates


def estimate_apart(
    plan: BenchmarkPlan,
    *,
    data_folder: DataFolder,
    rates: Mapping[str, float] | None = None,
    timeout_s: float = _ESTIMATE_S,
) -> Estimate:
    """Estimate in a process of its own, as a web server must.

    Parameters
    ----------
    plan : BenchmarkPlan
        What is to be measured.
    data_folder : DataFolder
        Where corpora are registered.
    rates : mapping of str to float, optional
        From `rates_of_records`. Arms without one are guessed from a timing of
        `TIMED_FILES` files, which keeps one core busy for some seconds: not while
        something is being measured.
    timeout_s : float, default 180
        How long to wait.

    Returns
    -------
    estimate : Estimate

    Raises
    ------
    SerError
        What `estimate` raises.
    JobError
        It took too long, or its process died.

    """
    request = {
        "plan": plan.to_json(),
        "data_folder": str(data_folder.root),
        "rates": dict(rates or {}),
    }
    try:
        # made here, so that it goes even when the process has to be killed
        with tempfile.TemporaryDirectory(prefix="ser-lab-estimate-") as folder:
            done = subprocess.run(
                package_command("ser_core.bench.estimate"),
                input=json.dumps({**request, "work_folder": folder}),
                capture_output=True,
                encoding="utf-8",
                timeout=timeout_s,
                env=package_environment(),
                check=False,
            )
    except subprocess.TimeoutExpired as error:
        raise JobError(
            f"the estimate took more than {timeout_s:g} s; start the benchmark "
            "without one, its progress shows the time left"
        ) from error
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        raise JobError(
            f"the estimate's process ended with code {done.returncode} and without an "
            "answer; start the benchmark without one"
        ) from error
    if "error" in answer:
        kind: type[SerError] = getattr(errors, answer["error"])
        raise kind(answer["message"])
    return Estimate(**answer)


def estimate(
    plan: BenchmarkPlan,
    *,
    data_folder: DataFolder,
    work_folder: Path,
    rates: Mapping[str, float] | None = None,
) -> Estimate:
    """Estimate how long a plan will take.

    Parameters
    ----------
    plan, data_folder, rates
        As for `estimate_apart`.
    work_folder : Path
        Exists; files that the timing leaves there are the caller's to remove.

    Returns
    -------
    estimate : Estimate

    Raises
    ------
    ParameterError
        This machine does not take so many workers.
    CorpusError
        The corpus cannot be read, or none of the timed files.
    BackendError
        The timed process died.

    """
    for arm in plan.arms:
        arm.check_here()
    known = dict(rates or {})
    _, utterances = listed(plan, data_folder=data_folder)
    sample = [u.path for u in select_evenly(utterances, _LENGTH_FILES)]
    audio_s = durations(sample).total_s * len(utterances) / len(sample)
    fixed_s = _KNOWN_FIXED_S
    basis = "earlier runs on this machine"
    if any(arm.key not in known for arm in plan.arms):
        rate, fixed_s = _time(plan, utterances, data_folder, work_folder)
        known.setdefault(REFERENCE_ARM.key, rate)
        basis = f"{min(TIMED_FILES, len(utterances))} files, timed just now"
    n_cores = available_cores()
    arms = {
        arm.key: _fixed_s(arm, fixed_s, n_cores)
        + audio_s * _rate(arm, known, n_cores=n_cores)
        for arm in plan.arms
    }
    return Estimate(
        total_s=plan.repeats * sum(arms.values()),
        arms=arms,
        n_files=len(utterances),
        basis=basis,
    )


def _rate(arm: Arm, known: Mapping[str, float], *, n_cores: int) -> float:
    """Return an arm's seconds per second of audio, known or guessed.

    Pinned workers are expected to use their cores well. Where libraries start
    threads of their own the cores are taken already, and workers gain nothing.
    """
    if arm.key in known:
        return known[arm.key]
    shared = 1 if arm.inner_threads != "1" else min(arm.workers, n_cores)
    gain = 1.0 if shared == 1 else _SHARE_OF_IDEAL * shared
    return known[REFERENCE_ARM.key] / gain


def _fixed_s(arm: Arm, fixed_s: float, n_cores: int) -> float:
    """Return the time around an arm's work: worker processes share the cores."""
    if arm.backend in ("sequential", "threads"):
        return fixed_s
    return fixed_s * (1 + arm.workers / n_cores)


def _time(
    plan: BenchmarkPlan,
    utterances: tuple[Utterance, ...],
    data_folder: DataFolder,
    work_folder: Path,
) -> tuple[float, float]:
    """Time a few files; return seconds per second of audio, and those around it."""
    files = [u.path.absolute() for u in select_evenly(utterances, TIMED_FILES)]
    spec = ArmSpec(
        arm=REFERENCE_ARM,
        features=plan.features,
        paths=tuple(str(path) for path in files),
        chunk_size=1,
        n_cores=available_cores(),
        supervisor=os.getpid(),
        timeline=work_folder / "timeline.json",
    )
    figures, fixed_s = _timed(spec, data_folder, work_folder)
    if figures["warmup_s"] > _COMPILING_S:
        figures, fixed_s = _timed(spec, data_folder, work_folder)
    audio_s = durations(files).total_s
    if not audio_s or len(figures["failures"]) == len(files):
        reasons = [failure["reason"] for failure in figures["failures"]]
        raise CorpusError(
            f"none of {len(files)} files could be read, so nothing can be estimated; "
            f"the first one: {reasons[0] if reasons else 'it has no length'}"
        )
    return figures["wall_s"] / audio_s, fixed_s


def _timed(
    spec: ArmSpec, data_folder: DataFolder, work_folder: Path
) -> tuple[dict[str, Any], float]:
    """Run one repetition; return its figures and the seconds around its work."""
    start_s = time.perf_counter()
    repetition = run_repetition(
        spec,
        numba_cache=data_folder.numba_cache,
        folder=work_folder,
        listener=Listener.silent(),
    )
    whole_s = time.perf_counter() - start_s
    return repetition.figures, whole_s - repetition.figures["wall_s"]


def main() -> int:
    """Answer one request."""
    request = json.load(sys.stdin)
    try:
        answer = asdict(
            estimate(
                BenchmarkPlan.from_json(request["plan"]),
                data_folder=DataFolder(Path(request["data_folder"])),
                work_folder=Path(request["work_folder"]),
                rates=request["rates"],
            )
        )
    except SerError as error:
        json.dump({"error": type(error).__name__, "message": error.message}, sys.stdout)
        return 1
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
