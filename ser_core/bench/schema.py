"""The shape of run records, version 1, as docs/architecture.md lays it down."""

from __future__ import annotations

from typing import Any, Final

from ser_core.errors import RecordError
from ser_core.execution import BACKENDS, INNER_THREADS
from ser_core.store.record_head import (
    BYTES,
    COUNT,
    HEAD,
    NAME,
    REPORT,
    SECONDS,
    SHARE,
)
from ser_core.store.shapes import (
    Anything,
    Choice,
    Flag,
    ListOf,
    MapOf,
    Maybe,
    Number,
    Shape,
    Table,
    Text,
)

_WORKERS: Final = Number(low=1, high=10_000, whole=True)
_SIGNED: Final = Number(low=-1e9, high=1e9)
_ARM: Final = Text(longest=120, pattern=r"[\w.+-]+/[\w.+-]+/\d{1,5}/\w+")
_CHECKSUM: Final = Maybe(Text(longest=64, pattern=r"[0-9a-f]*"))
_THREAD_POOLS: Final = Maybe(Anything())

_ARM_FIELDS: Final[dict[str, Shape]] = {
    "arm": _ARM,
    "front_end": NAME,
    "backend": Choice(BACKENDS),
    "workers": _WORKERS,
    "inner_threads": Choice(INNER_THREADS),
}

_PLAN: Final = Table(
    {
        "corpus": Text(longest=4_096),
        "arms": ListOf(
            Table(
                {
                    **{k: v for k, v in _ARM_FIELDS.items() if k != "arm"},
                    "key": _ARM,
                    "label": Text(longest=200),
                }
            ),
            1_000,
            1,
        ),
        "limit": Maybe(COUNT),
        "features": NAME,
        "repeats": Number(low=1, high=10_000, whole=True),
        "chunk_size": Number(low=1, whole=True),
        "page_cache": NAME,
        "seed": COUNT,
    }
)

_RUN: Final = Table(
    {
        **_ARM_FIELDS,
        "repeat": COUNT,
        "n_files": COUNT,
        "n_failed": COUNT,
        "page_cache": NAME,
        "wall_s": Number(low=1e-9, high=1e9),
        "startup_s": Maybe(SECONDS),
        "warmup_s": Maybe(SECONDS),
        "files_per_s": Maybe(Number()),
        "cpu_user_s": Maybe(SECONDS),
        "cpu_system_s": Maybe(SECONDS),
        "peak_rss_bytes": Maybe(BYTES),
        "peak_pss_bytes": Maybe(BYTES),
        "parent_rss_end_bytes": Maybe(BYTES),
        "other_cpu_share": Maybe(SHARE),
        "checksum": _CHECKSUM,
        "threadpools": _THREAD_POOLS,
    },
    {"high_water_bytes": Maybe(BYTES), "measuring_cpu_s": Maybe(SECONDS)},
)

_SUMMARY: Final = Table(
    {
        **_ARM_FIELDS,
        "label": Text(longest=200),
        "median_wall_s": SECONDS,
        "iqr_wall_s": SECONDS,
        "karp_flatt": Maybe(_SIGNED),
        **dict.fromkeys(
            (
                "speedup",
                "speedup_low",
                "speedup_high",
                "speedup_with_startup",
                "efficiency",
                "median_files_per_s",
                "median_peak_rss_bytes",
                "median_peak_pss_bytes",
                "median_cpu_user_s",
                "median_cpu_system_s",
                "median_startup_s",
            ),
            Maybe(Number()),
        ),
        "checksum": _CHECKSUM,
        "same_features": Maybe(Flag()),
    }
)

_BENCH: Final = Table(
    {
        **HEAD,
        "kind": Choice(("bench",)),
        "plan": _PLAN,
        "runs": ListOf(_RUN, 20_000, 1),
        "summary": ListOf(_SUMMARY, 1_000, 1),
        "laws": MapOf(
            Text(longest=120, pattern=r"[\w.+-]+/[\w.+-]+/\w+"),
            Table(
                {
                    "amdahl": Maybe(Anything()),
                    "usl": Maybe(Anything()),
                    "reason": Maybe(Text(longest=2_000)),
                }
            ),
        ),
        "timelines": MapOf(
            _ARM,
            ListOf(
                Table(
                    {
                        "path": Text(longest=4_096),
                        "worker": Text(longest=100),
                        "start_s": _SIGNED,
                        "end_s": _SIGNED,
                        "ok": Flag(),
                    }
                ),
                200_000,
            ),
        ),
        "samples": MapOf(
            _ARM,
            ListOf(
                Table(
                    {
                        "t_s": _SIGNED,
                        "rss_bytes": BYTES,
                        "pss_bytes": Maybe(BYTES),
                        "cores": ListOf(Number(high=1e4), 4_096),
                        "cpu_s": SECONDS,
                    }
                ),
                200_000,
            ),
        ),
    }
)

_SNAPSHOT: Final = Table(
    {"cpu_user_s": SECONDS, "cpu_system_s": SECONDS, "rss_bytes": BYTES},
    {"private_bytes": Maybe(BYTES)},
)

_PIPELINE: Final = Table(
    {
        **HEAD,
        "kind": Choice(("pipeline",)),
        "version": Choice(("first", "enhanced")),
        "model": NAME,
        "backend": Choice(BACKENDS),
        "workers": _WORKERS,
        "inner_threads": Choice(INNER_THREADS),
        "initial": _SNAPSHOT,
        "final": _SNAPSHOT,
        "stages": ListOf(
            Table(
                {
                    "name": Text(longest=60),
                    "wall_s": SECONDS,
                    "cpu_user_s": SECONDS,
                    "cpu_system_s": SECONDS,
                    "rss_end_bytes": BYTES,
                    "peak_rss_bytes": Maybe(BYTES),
                    "peak_pss_bytes": Maybe(BYTES),
                    "private_end_bytes": Maybe(BYTES),
                }
            ),
            20,
            1,
        ),
        "total_wall_s": SECONDS,
        "accuracy": SHARE,
        "uar": SHARE,
        "report": REPORT,
        "confusion": ListOf(ListOf(COUNT, 100), 100, 2),
        "n_train": COUNT,
        "n_validation": COUNT,
        "n_test": COUNT,
        "accuracy_unseen_speakers": Maybe(SHARE),
        "uar_unseen_speakers": Maybe(SHARE),
        "report_unseen_speakers": Maybe(REPORT),
        "unseen_speakers_reason": Maybe(Text(longest=2_000)),
        "checksum": _CHECKSUM,
    }
)


def check_shape(record: dict[str, Any]) -> None:
    """Check a record of the newest version against its shape.

    Raises
    ------
    RecordError
        Something is missing, unknown, or of another type or size; the message names
        the place.

    """
    if record.get("kind") == "pipeline":
        _PIPELINE.check(record, "")
        _check_confusion(record)
        return
    _BENCH.check(record, "")
    for table in ("runs", "summary"):
        for index, entry in enumerate(record[table]):
            _check_arm(entry, f"{table}[{index}]")


def _check_arm(entry: dict[str, Any], where: str) -> None:
    """Check that an arm's key is made of its fields."""
    parts = ("front_end", "backend", "workers", "inner_threads")
    wanted = "/".join(str(entry[part]) for part in parts)
    if entry["arm"] != wanted:
        raise RecordError(
            f"run record: {where}.arm is {entry['arm']!r}, but its fields say "
            f"{wanted!r}. The file is damaged or was edited: export the run again"
        )


def _check_confusion(record: dict[str, Any]) -> None:
    """Check that the confusion matrix is square, one row and column a class."""
    size = len(record["report"])
    if len(record["confusion"]) != size or any(
        len(row) != size for row in record["confusion"]
    ):
        raise RecordError(
            f"run record: confusion is not {size} by {size}, one row and one column "
            "for each class of report. The file is damaged: export the run again"
        )
