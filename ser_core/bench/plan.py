"""BenchmarkPlan: what a benchmark compares, fixed before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ser_core.errors import ParameterError
from ser_core.execution.parameters import (
    check_backend,
    check_chunk_size,
    check_inner_threads,
    check_workers,
    is_whole,
)
from ser_core.features import FRONT_ENDS
from ser_core.features.registry import feature_set

PAGE_CACHES: Final = ("warm", "cold")
"""Whether repetitions find the files in memory, or on the disk."""

CHUNK_SIZE: Final = 4
"""Files that a worker is given at once, unless said otherwise.

Handing over single files leaves gaps of some 4 % between them; with large chunks the
last one is waited for (docs/measuring.md).
"""

MAX_WHOLE: Final = 2**31 - 1
"""Largest whole number in a plan; more than any corpus has files."""

MAX_REPEATS: Final = 100
"""More repetitions than this are a slip of the keyboard."""

_INNER_WORDS: Final = {
    "1": "1 inner thread",
    "default": "library threads",
    "all": "all cores inside",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Arm:
    """One of the ways of doing the same work that a benchmark compares.

    Attributes
    ----------
    front_end : str
        One of `ser_core.features.FRONT_ENDS`.
    backend : str
        One of `ser_core.execution.BACKENDS`.
    workers : int
        Threads or processes, 1 for ``sequential``.
    inner_threads : str
        ``1``, ``default`` or ``all``.

    Raises
    ------
    ParameterError
        A name is not known, or the worker count is below 1 or, for ``sequential``,
        not 1. Whether this machine takes that many is checked by `check_here`.

    """

    front_end: str = "reference"
    backend: str = "sequential"
    workers: int = 1
    inner_threads: str = "1"

    def __post_init__(self) -> None:
        if self.front_end not in FRONT_ENDS:
            raise ParameterError(
                f"front_end = {self.front_end!r} is not known; "
                f"choose one of: {', '.join(FRONT_ENDS)}"
            )
        check_backend(self.backend)
        check_inner_threads(self.inner_threads)
        if not is_whole(self.workers) or self.workers < 1:
            raise ParameterError(
                f"workers = {self.workers!r} is not possible; give a whole number of "
                "at least 1, and the number of cores is a good choice"
            )
        if self.backend == "sequential" and self.workers != 1:
            raise ParameterError(
                f"workers = {self.workers} is not possible with backend 'sequential', "
                "which has none; leave it at 1"
            )

    @property
    def key(self) -> str:
        """Name the arm in events and records, as ``reference/loky/2/1``."""
        return f"{self.front_end}/{self.backend}/{self.workers}/{self.inner_threads}"

    @property
    def label(self) -> str:
        """Name the arm for people, as ``loky, 2 workers, 1 inner thread``."""
        parts = [] if self.front_end == "reference" else [self.front_end]
        parts.append(self.backend)
        if self.backend != "sequential":
            parts.append(f"{self.workers} worker{'s' if self.workers > 1 else ''}")
        parts.append(_INNER_WORDS[self.inner_threads])
        return ", ".join(parts)

    def check_here(self) -> None:
        """Check that this machine takes so many workers.

        Raises
        ------
        ParameterError
            The count is above what `ser_core.execution.max_workers` allows.

        """
        check_workers(self.workers, backend=self.backend)


REFERENCE_ARM: Final = Arm()
"""What every speed-up is relative to: one core, one thread, librosa."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkPlan:
    """Describe a benchmark completely.

    Attributes
    ----------
    corpus : str
        Name of a registered corpus, or path of a folder.
    limit : int or None, default None
        Files, evenly spaced over the sorted list; None for all.
    features : str, default ``mfcc13x500``
        Name of a feature set.
    arms : tuple of Arm
        At least one, no two alike; run in this order in the first repetition.
    repeats : int, default 3
        Repetitions of each arm, 1 to `MAX_REPEATS`.
    chunk_size : int, default 4
        Files that a worker is given at once.
    page_cache : str, default ``warm``
        ``warm``: the files are read once before. ``cold``: their pages are dropped
        before each repetition.
    seed : int, default 0
        Of the bootstrap in the summary.

    Raises
    ------
    ParameterError
        A value is outside what is allowed.

    """

    corpus: str
    arms: tuple[Arm, ...]
    limit: int | None = None
    features: str = "mfcc13x500"
    repeats: int = 3
    chunk_size: int = CHUNK_SIZE
    page_cache: str = "warm"
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.corpus:
            raise ParameterError(
                "corpus is empty; give the name of a registered corpus or a folder"
            )
        feature_set(self.features)
        check_chunk_size(self.chunk_size)
        if self.chunk_size > MAX_WHOLE:
            raise ParameterError(
                f"chunk_size = {self.chunk_size} is too large; give at most {MAX_WHOLE}"
            )
        if self.limit is not None and (
            not is_whole(self.limit) or not 1 <= self.limit <= MAX_WHOLE
        ):
            raise ParameterError(
                f"limit = {self.limit!r} is not possible; give a whole number from 1 "
                f"to {MAX_WHOLE}, or none for all files"
            )
        if not is_whole(self.repeats) or not 1 <= self.repeats <= MAX_REPEATS:
            raise ParameterError(
                f"repeats = {self.repeats!r} is not possible; "
                f"give a whole number from 1 to {MAX_REPEATS}"
            )
        if self.page_cache not in PAGE_CACHES:
            raise ParameterError(
                f"page_cache = {self.page_cache!r} is not known; "
                f"choose one of: {', '.join(PAGE_CACHES)}"
            )
        if not is_whole(self.seed) or not 0 <= self.seed <= MAX_WHOLE:
            raise ParameterError(
                f"seed = {self.seed!r} is not possible; give a whole number from 0 "
                f"to {MAX_WHOLE}"
            )
        self._check_arms()

    def _check_arms(self) -> None:
        """Check that there are arms, and no arm twice."""
        if not self.arms:
            raise ParameterError("arms is empty; give at least one arm to measure")
        keys = [arm.key for arm in self.arms]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ParameterError(
                f"arms holds {', '.join(twice)} more than once; list each arm once and "
                "raise repeats to measure it more often"
            )

    @classmethod
    def cross(
        cls,
        corpus: str,
        *,
        front_ends: Sequence[str] = ("reference",),
        backends: Sequence[str] = ("sequential", "loky"),
        workers: Sequence[int] = (1,),
        inner_threads: Sequence[str] = ("1",),
        limit: int | None = None,
        features: str = "mfcc13x500",
        repeats: int = 3,
        chunk_size: int = CHUNK_SIZE,
        page_cache: str = "warm",
        seed: int = 0,
    ) -> BenchmarkPlan:
        """Make a plan of every combination.

        Parameters
        ----------
        corpus : str
            Name of a registered corpus, or path of a folder.
        front_ends, backends, inner_threads : sequence of str
            Names, none twice.
        workers : sequence of int
            Worker counts, none twice. ``sequential`` has no workers, so it occurs
            once per front end and inner threads, whatever they are.
        limit, features, repeats, chunk_size, page_cache, seed
            As in the class.

        Returns
        -------
        plan : BenchmarkPlan
            Its arms sorted by front end, inner threads, back end, workers, as given.

        Raises
        ------
        ParameterError
            A value is unknown, out of range on this machine, missing or given twice.

        """
        _check_choices("front_ends", front_ends)
        _check_choices("backends", backends)
        _check_choices("workers", workers)
        _check_choices("inner_threads", inner_threads)
        for backend in backends:
            check_backend(backend)
        # 0 workers are refused beside "sequential" alone, too
        pools = [b for b in backends if b != "sequential"] or ["threads"]
        for pool in pools:
            for n_workers in workers:
                check_workers(n_workers, backend=pool)
        arms = tuple(
            Arm(
                front_end=front_end,
                backend=backend,
                workers=n_workers,
                inner_threads=inner,
            )
            for front_end in front_ends
            for inner in inner_threads
            for backend in backends
            for n_workers in ((1,) if backend == "sequential" else workers)
        )
        return cls(
            corpus=corpus,
            arms=arms,
            limit=limit,
            features=features,
            repeats=repeats,
            chunk_size=chunk_size,
            page_cache=page_cache,
            seed=seed,
        )

    @property
    def reference_key(self) -> str | None:
        """Key of the arm that speed-ups are relative to; None where it is missing.

        It is one core, inner threads pinned, the reference front end.
        """
        keys = [arm.key for arm in self.arms]
        return REFERENCE_ARM.key if REFERENCE_ARM.key in keys else None

    def arm(self, key: str) -> Arm:
        """Return the arm with a key.

        Raises
        ------
        ParameterError
            The plan has no such arm.

        """
        for arm in self.arms:
            if arm.key == key:
                return arm
        raise ParameterError(
            f"arm = {key!r} is not in the plan; "
            f"it has: {', '.join(arm.key for arm in self.arms)}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, from which `from_json` makes an equal plan."""
        document = asdict(self)
        document["arms"] = [
            {"key": arm.key, "label": arm.label, **asdict(arm)} for arm in self.arms
        ]
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> BenchmarkPlan:
        """Make a plan from plain JSON.

        Raises
        ------
        ParameterError
            A field is missing, not known, of the wrong type or out of range.

        """
        fields = _known_fields("plan", document, cls.__dataclass_fields__)
        if not isinstance(fields.get("corpus"), str):
            raise ParameterError("the plan names no corpus; add its name or folder")
        if not isinstance(fields.get("features", ""), str):
            raise ParameterError(
                f"features = {fields['features']!r} is not the name of a feature set"
            )
        entries = fields.get("arms")
        if not isinstance(entries, list):
            raise ParameterError("the plan has no list of arms; add it as 'arms'")
        fields["arms"] = tuple(_arm_from_json(entry) for entry in entries)
        return cls(**fields)


def _arm_from_json(entry: object) -> Arm:
    """Make an arm from plain JSON; its key and label follow from the rest."""
    fields = _known_fields("arm", entry, {**Arm.__dataclass_fields__, **_DERIVED})
    return Arm(**{name: fields[name] for name in fields if name not in _DERIVED})


_DERIVED: Final[dict[str, None]] = {"key": None, "label": None}


def _known_fields(
    what: str, document: object, allowed: Mapping[str, object]
) -> dict[str, Any]:
    """Return a JSON object's fields, none of which may be unknown."""
    if not isinstance(document, Mapping):
        raise ParameterError(f"the {what} is {document!r}; give a JSON object")
    unknown = sorted(set(document) - set(allowed))
    if unknown:
        raise ParameterError(
            f"the {what} has unknown fields: {', '.join(map(str, unknown))}; "
            f"allowed are: {', '.join(allowed)}"
        )
    return dict(document)


def _check_choices(name: str, values: Sequence[object]) -> None:
    """Check that something is chosen, and nothing twice."""
    if not values:
        raise ParameterError(f"{name} is empty; give at least one")
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        raise ParameterError(
            f"{name} has {', '.join(twice)} more than once; give each once"
        )
