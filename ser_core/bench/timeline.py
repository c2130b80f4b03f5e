"""Bring samples and timelines of a repetition into the shape that records keep."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from ser_core.bench.repetition import Repetition
from ser_core.measure.sampler import Sample

MAX_SAMPLES: Final = 1_200
"""Samples that a record keeps of an arm: more than a screen has columns."""

MAX_FILES: Final = 5_000
"""Files whose times a record keeps of an arm."""


def nearest_the_median(values: Sequence[float]) -> int:
    """Return the index of the value nearest the median, the first of several.

    Examples
    --------
    >>> nearest_the_median([3.0, 1.0, 2.1])
    2

    """
    middle = median(values)
    return min(range(len(values)), key=lambda index: abs(values[index] - middle))


def thin_samples(
    samples: Sequence[dict[str, Any]], *, limit: int = MAX_SAMPLES
) -> list[dict[str, Any]]:
    """Keep so many samples that a curve looks the same, and every peak.

    Parameters
    ----------
    samples : sequence of dict
        As in the record: ``t_s``, ``rss_bytes``, ``pss_bytes``, ``cores``, ``cpu_s``.
    limit : int, default 1200
        Samples to keep, at least 2.

    Returns
    -------
    kept : list of dict
        Of each stretch of samples the one with the most PSS, where one has any, and
        the one with the most RSS; in order.

    """
    if len(samples) <= limit:
        return list(samples)
    n_stretches = limit // 2
    kept: set[int] = set()
    for stretch in range(n_stretches):
        first = stretch * len(samples) // n_stretches
        last = (stretch + 1) * len(samples) // n_stretches
        indices = range(first, last)
        kept.add(max(indices, key=lambda index: int(samples[index]["rss_bytes"])))
        with_pss = [i for i in indices if samples[i]["pss_bytes"] is not None]
        if with_pss:
            kept.add(max(with_pss, key=lambda index: int(samples[index]["pss_bytes"])))
    return [samples[index] for index in sorted(kept)]


def timeline_entries(
    paths: Sequence[str],
    times: Sequence[tuple[str, float, float, bool]],
    *,
    limit: int = MAX_FILES,
) -> list[dict[str, Any]]:
    """Name the file of each entry that an arm wrote.

    Parameters
    ----------
    paths : sequence of str
        As the record shows them, in corpus order.
    times : sequence of (worker, start_s, end_s, ok)
        Of the same files, in the same order; seconds since the work began.
    limit : int, default 5000
        Files to keep, from the first on.

    Returns
    -------
    entries : list of dict
        ``path``, ``worker``, ``start_s``, ``end_s``, ``ok``.

    """
    return [
        {"path": path, "worker": worker, "start_s": start, "end_s": end, "ok": ok}
        for path, (worker, start, end, ok) in zip(
            paths[:limit], times[:limit], strict=True
        )
    ]


def within_work(repetition: Repetition) -> list[dict[str, Any]]:
    """Return the record's ``samples`` of one repetition.

    Times count from the moment at which the work began; the sample just before has
    time 0. CPU seconds are those of the tree since that sample.
    """
    started_s: float = repetition.figures["started_s"]
    used_s = repetition.first.cpu_s
    return [
        sample_figures(
            sample,
            t_s=max(0.0, sample.at_s - started_s),
            # a worker that was lost takes its account with it
            cpu_s=max(0.0, sample.cpu_s - used_s),
        )
        for sample in repetition.samples
    ]


def sample_figures(sample: Sample, *, t_s: float, cpu_s: float) -> dict[str, Any]:
    """Return what events and records keep of a sample.

    Parameters
    ----------
    sample : Sample
        As the sampler took it.
    t_s : float
        Seconds since the work began.
    cpu_s : float
        CPU seconds of the tree since then.

    """
    return {
        "t_s": t_s,
        "rss_bytes": sample.rss_bytes,
        "pss_bytes": sample.pss_bytes,
        "cores": list(sample.cores),
        "cpu_s": cpu_s,
    }
