"""The shape of run records, version 1, as docs/architecture.md lays it down."""

from __future__ import annotations

from typing import Any, Final

from ser_core.bench.shapes import (
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
from ser_core.errors import RecordError
from ser_core.execution import BACKENDS, INNER_THREADS

_COUNT: Final = Number(whole=True)
_WORKERS: Final = Number(low=1, high=10_000, whole=True)
_SECONDS: Final = Number(high=1e9)
_BYTES: Final = Number()
_SHARE: Final = Number(high=1)
_SIGNED: Final = Number(low=-1e9, high=1e9)
_NAME: Final = Text(longest=60, pattern=r"[\w.+-]{1,60}")
_ARM: Final = Text(longest=120, pattern=r"[\w.+-]+/[\w.+-]+/\d{1,5}/\w+")
_CHECKSUM: Final = Maybe(Text(longest=64, pattern=r"[0-9a-f]*"))
_LABEL: Final = Text(longest=60, pattern=r"[\w .+-]{1,60}")
_FAILURES: Final = ListOf(
    Table({"path": Text(longest=4_096), "reason": Text(longest=2_000)}), 200_000
)
_NOTES: Final = ListOf(Text(longest=2_000), 200)
_THREAD_POOLS: Final = Maybe(Anything())

_FREE_TABLE: Final = MapOf(Text(longest=200), Anything(), 200)

_ENVIRONMENT: Final = Table(
    dict.fromkeys(("cpu", "memory", "os", "python", "packages"), _FREE_TABLE),
    {
        "thread_variables": _FREE_TABLE,
        "threadpools": Anything(),
        "load_average": Anything(),
        "version": Maybe(Text(longest=60)),
        "commit": Maybe(_FREE_TABLE),
    },
)

_FEATURE_SET: Final = Table(
    {"name": _NAME, "key": Text(longest=64, pattern=r"[0-9a-f]+")},
    {
        "resampler": _NAME,
        **dict.fromkeys(
            (
                "sample_rate",
                "n_mfcc",
                "n_frames",
                "n_fft",
                "hop_length",
                "n_mels",
                "version",
            ),
            _COUNT,
        ),
    },
)

_HEAD: Final[dict[str, Shape]] = {
    "schema_version": Number(low=1, high=1, whole=True),
    "kind": Choice(("bench", "pipeline")),
    "id": Text(longest=64, pattern=r"[A-Za-z0-9_.-]{1,64}"),
    "created_utc": Text(
        longest=40, pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.:+Z]*"
    ),
    "label": Text(longest=200),
    "source": Choice(("local", "imported")),
    "environment": _ENVIRONMENT,
    "corpus": Table(
        {
            "name": Text(longest=100),
            "synthetic": Flag(),
            "root": Maybe(Text(longest=4_096)),
            "fingerprint": Maybe(Text(longest=128, pattern=r"[\w:.-]*")),
            "n_utterances": _COUNT,
            "n_files": _COUNT,
            "duration_s": Maybe(_SECONDS),
        }
    ),
    "feature_set": _FEATURE_SET,
    "failures": _FAILURES,
    "notes": _NOTES,
}

_ARM_FIELDS: Final[dict[str, Shape]] = {
    "arm": _ARM,
    "front_end": _NAME,
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
        "limit": Maybe(_COUNT),
        "features": _NAME,
        "repeats": Number(low=1, high=10_000, whole=True),
        "chunk_size": Number(low=1, whole=True),
        "page_cache": _NAME,
        "seed": _COUNT,
    }
)

_RUN: Final = Table(
    {
        **_ARM_FIELDS,
        "repeat": _COUNT,
        "n_files": _COUNT,
        "n_failed": _COUNT,
        "page_cache": _NAME,
        "wall_s": Number(low=1e-9, high=1e9),
        "startup_s": Maybe(_SECONDS),
        "warmup_s": Maybe(_SECONDS),
        "files_per_s": Maybe(Number()),
        "cpu_user_s": Maybe(_SECONDS),
        "cpu_system_s": Maybe(_SECONDS),
        "peak_rss_bytes": Maybe(_BYTES),
        "peak_pss_bytes": Maybe(_BYTES),
        "parent_rss_end_bytes": Maybe(_BYTES),
        "other_cpu_share": Maybe(_SHARE),
        "checksum": _CHECKSUM,
        "threadpools": _THREAD_POOLS,
    },
    {"high_water_bytes": Maybe(_BYTES), "measuring_cpu_s": Maybe(_SECONDS)},
)

_SUMMARY: Final = Table(
    {
        **_ARM_FIELDS,
        "label": Text(longest=200),
        "median_wall_s": _SECONDS,
        "iqr_wall_s": _SECONDS,
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
        **_HEAD,
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
                        "rss_bytes": _BYTES,
                        "pss_bytes": Maybe(_BYTES),
                        "cores": ListOf(Number(high=1e4), 4_096),
                        "cpu_s": _SECONDS,
                    }
                ),
                200_000,
            ),
        ),
    }
)

_SNAPSHOT: Final = Table(
    {"cpu_user_s": _SECONDS, "cpu_system_s": _SECONDS, "rss_bytes": _BYTES},
    {"private_bytes": Maybe(_BYTES)},
)

_REPORT: Final = MapOf(
    _LABEL,
    Table({"precision": _SHARE, "recall": _SHARE, "f1": _SHARE, "support": _COUNT}),
    100,
)

_PIPELINE: Final = Table(
    {
        **_HEAD,
        "version": Choice(("first", "enhanced")),
        "model": _NAME,
        "backend": Choice(BACKENDS),
        "workers": _WORKERS,
        "inner_threads": Choice(INNER_THREADS),
        "initial": _SNAPSHOT,
        "final": _SNAPSHOT,
        "stages": ListOf(
            Table(
                {
                    "name": Text(longest=60),
                    "wall_s": _SECONDS,
                    "cpu_user_s": _SECONDS,
                    "cpu_system_s": _SECONDS,
                    "rss_end_bytes": _BYTES,
                    "peak_rss_bytes": Maybe(_BYTES),
                    "peak_pss_bytes": Maybe(_BYTES),
                    "private_end_bytes": Maybe(_BYTES),
                }
            ),
            20,
            1,
        ),
        "total_wall_s": _SECONDS,
        "accuracy": _SHARE,
        "uar": _SHARE,
        "report": _REPORT,
        "confusion": ListOf(ListOf(_COUNT, 100), 100, 2),
        "n_train": _COUNT,
        "n_validation": _COUNT,
        "n_test": _COUNT,
        "accuracy_unseen_speakers": Maybe(_SHARE),
        "uar_unseen_speakers": Maybe(_SHARE),
        "report_unseen_speakers": Maybe(_REPORT),
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
