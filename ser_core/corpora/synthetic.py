"""The synthetic corpus: THAI-SER's layout and labels, voices made by SER Lab.

It needs no network and no licence, so that everything works from the first
minute. No figure from it says anything about people.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import filelock

from ser_core import execution
from ser_core.corpora.synthesis.distributions import TOTAL
from ser_core.corpora.synthesis.layout import place
from ser_core.corpora.synthesis.ratings import SAMPLE_RATE
from ser_core.corpora.synthetic_files import Recorder, recording, sweep
from ser_core.corpora.synthetic_metadata import (
    Marker,
    read_marker,
    write_labels,
    write_marker,
)
from ser_core.corpora.synthetic_space import check_space
from ser_core.errors import CorpusError, ParameterError

MAX_UTTERANCES: Final = TOTAL
"""As many as THAI-SER has labelled files."""

Progress = Callable[[int, int], None]

_LOCK: Final = ".synthesize.lock"
_MAX_SEED: Final = 2**63 - 1
# Some 20 ms of work each: few enough for a smooth bar, enough to outweigh the call.
_CHUNK: Final = 4


@dataclass(frozen=True, kw_only=True)
class SynthesisSummary:
    """What a run of `synthesize` left behind.

    Attributes
    ----------
    root : Path
        The corpus folder.
    utterances : int
        All utterances of the corpus now.
    made, kept : int
        Written in this run; found complete from an earlier one.
    seed : int
    duration_s : float
        Length of all recordings in seconds.
    size_bytes : int
        Size of all recordings.

    """

    root: Path
    utterances: int
    made: int
    kept: int
    seed: int
    duration_s: float
    size_bytes: int


def synthesize(
    root: str | Path,
    *,
    utterances: int = 400,
    seed: int = 0,
    n_workers: int | None = None,
    backend: str = "loky",
    progress: Progress | None = None,
) -> SynthesisSummary:
    """Generate a synthetic corpus, or finish or extend one.

    Utterance i depends on (seed, i) alone: not on their number, on the workers or
    on interruptions. Complete files are kept, torn ones are made again.

    Parameters
    ----------
    root : str or Path
        Corpus folder: not there yet, empty, or from an earlier run with this seed.
    utterances : int, default 400
        How many the corpus shall hold, 1 to 27,854; an existing corpus only grows.
    seed : int, default 0
        0 or above.
    n_workers : int, optional
        Workers; by default the cores that this process may use.
    backend : str, default "loky"
        One of `ser_core.execution.BACKENDS`.
    progress : callable, optional
        Called as ``progress(done, total)`` after each file. What it raises ends the
        run, which can be taken up again.

    Returns
    -------
    summary : SynthesisSummary

    Raises
    ------
    ParameterError
        A parameter is outside what is allowed.
    CorpusError
        The folder holds something else, another seed or more utterances; another
        run is writing to it; it cannot be written; the disk is too full.
    BackendError
        The workers cannot be started or were lost.

    """
    _check(utterances=utterances, seed=seed)
    folder = Path(root).expanduser().absolute()
    # Checks backend and workers now; nothing starts before the first result.
    results = execution.map(
        Recorder(root=str(folder), seed=seed),
        range(utterances),
        backend=backend,
        n_workers=_workers(backend) if n_workers is None else n_workers,
        chunk_size=_CHUNK,
    )
    _make_folder(folder)
    with contextlib.closing(results), _locked(folder):
        before = _marker(folder, seed=seed, utterances=utterances)
        check_space(folder, utterances=utterances, seed=seed)
        write_marker(folder, before.aiming_at(utterances))
        sweep(folder)
        made = []
        for one in results:
            made.append(one)
            if progress is not None:
                progress(len(made), utterances)
        _remove_surplus(folder, first=utterances, end=before.target)
        write_labels(folder, utterances=utterances, seed=seed)
        write_marker(folder, before.completed(utterances))
    return SynthesisSummary(
        root=folder,
        utterances=utterances,
        made=sum(m.new for m in made),
        kept=sum(not m.new for m in made),
        seed=seed,
        duration_s=sum(m.n_samples for m in made) / SAMPLE_RATE,
        size_bytes=sum(m.size_bytes for m in made),
    )


def _check(*, utterances: int, seed: int) -> None:
    """Refuse numbers outside what is allowed."""
    if not 1 <= utterances <= MAX_UTTERANCES:
        raise ParameterError(
            f"utterances = {utterances} is not allowed; "
            f"give a whole number from 1 to {MAX_UTTERANCES:,}"
        )
    if not 0 <= seed <= _MAX_SEED:
        raise ParameterError(
            f"seed = {seed} is not allowed; give a whole number from 0 to {_MAX_SEED}"
        )


def _make_folder(folder: Path) -> None:
    """Create the corpus folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CorpusError(
            f"corpus folder '{folder}' cannot be made ({error.strerror}); "
            "choose another folder or change its permissions",
            path=str(folder),
        ) from error


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep a second run out of the folder."""
    lock = filelock.FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise CorpusError(
            f"another run is writing to '{folder}'; wait until it has ended, "
            "or choose another folder",
            path=str(folder),
        ) from None
    except OSError as error:
        raise CorpusError(
            f"corpus folder '{folder}' cannot be written ({error.strerror}); "
            "choose another folder or change its permissions",
            path=str(folder),
        ) from error
    try:
        yield
    finally:
        lock.release()
        # A third run that slips in here writes the same bytes to the same names.
        with contextlib.suppress(OSError):
            folder.joinpath(_LOCK).unlink(missing_ok=True)


def _marker(folder: Path, *, seed: int, utterances: int) -> Marker:
    """Read what the folder holds, and check that it may be continued."""
    marker = read_marker(folder)
    if marker is None:
        strangers = [p.name for p in folder.iterdir() if p.name != _LOCK]
        if strangers:
            raise CorpusError(
                f"'{folder}' already holds other files, as '{min(strangers)}'; "
                "choose a new or an empty folder for the synthetic corpus",
                path=str(folder),
            )
        return Marker(seed=seed, utterances=0, target=0)
    if marker.version != Marker.CURRENT_VERSION:
        raise CorpusError(
            f"'{folder}' was made by version {marker.version} of the synthesiser, "
            f"this is version {Marker.CURRENT_VERSION}, whose voices differ; choose "
            "another folder, or remove this one first",
            path=str(folder),
        )
    if marker.seed != seed:
        raise CorpusError(
            f"'{folder}' was made with seed {marker.seed}, not {seed}; go on with "
            f"seed {marker.seed}, or choose another folder",
            path=str(folder),
        )
    if marker.utterances > utterances:
        raise CorpusError(
            f"'{folder}' holds {marker.utterances:,} utterances already and is never "
            f"cut to {utterances:,}; ask for at least {marker.utterances:,}, or choose "
            "another folder",
            path=str(folder),
        )
    return marker


def _workers(backend: str) -> int:
    """Return the cores that this process may use, by affinity and cgroup quota."""
    if backend == "sequential":
        return 1
    # joblib takes a noticeable time to import
    import joblib

    return int(joblib.cpu_count())


def _remove_surplus(folder: Path, *, first: int, end: int) -> None:
    """Remove what an interrupted run for more utterances had made beyond these."""
    for index in range(first, end):
        recording(folder, place(index)).unlink(missing_ok=True)
