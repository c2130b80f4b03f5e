"""Compare the runs of one corpus with the best of them, in pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ser_core.errors import ParameterError
from ser_core.evaluation.paired import paired_test
from ser_core.evaluation.predictions import Predictions


def paired_tests(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Compare each record with the best, on the clips that both were tested on.

    Parameters
    ----------
    records : sequence of mapping
        Of kind ``training``.

    Returns
    -------
    pairs : list of dict
        One entry for each record but the best: ``PairedTest.to_json()`` with ``runs``,
        the ids of both. Empty for fewer than two. Predictions on unseen speakers are
        compared where both records have them, else those of the split itself. The best
        is that of the highest UAR there.

    Notes
    -----
    The best of many is the best partly by luck: p-values and intervals are those of
    single comparisons and are not corrected for their number.

    """
    if len(records) < 2:
        return []
    unseen = all(_unseen(record) is not None for record in records)
    ranked = sorted(records, key=lambda record: _uar(record, unseen=unseen))
    best = ranked[-1]
    pairs = []
    for other in reversed(ranked[:-1]):
        try:
            tested = paired_test(
                _predictions(best, unseen=unseen),
                _predictions(other, unseen=unseen),
                names=(_name(best), _name(other)),
            )
        except ParameterError as error:
            pairs.append(
                {
                    "runs": [best["id"], other["id"]],
                    "words": f"{_name(best)} and {_name(other)} cannot be compared: "
                    f"{error.message}",
                }
            )
            continue
        pairs.append({"runs": [best["id"], other["id"]], **tested.to_json()})
    return pairs


def _unseen(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the result on unseen speakers, which may be the record's own."""
    if record["speaker_independent"]:
        return record
    found: Mapping[str, Any] | None = record["unseen_speakers"]
    return found


def _uar(record: Mapping[str, Any], *, unseen: bool) -> float:
    """Return the UAR by which records are ranked."""
    return float((_unseen(record) or record)["uar"] if unseen else record["uar"])


def _predictions(record: Mapping[str, Any], *, unseen: bool) -> Predictions:
    """Take the predictions that are compared."""
    own = not unseen or record["speaker_independent"]
    return Predictions.from_record(record, unseen=not own)


def _name(record: Mapping[str, Any]) -> str:
    """Name a run in a sentence."""
    return f"{record['model']} on {record['features']}"
