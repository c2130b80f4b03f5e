"""The shape of a model card's JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

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
    refuse,
)

CARD_VERSION: Final = 1
"""The `schema_version` that this version writes, and the only one so far."""

NAME_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}"
"""Names that a bundle may have."""

_CLASS: Final = Text(longest=60, pattern=r"[\w .+-]{1,60}")
_LABEL: Final = Text(longest=200, pattern=r"[\w.+-]{1,200}")
_WORDS: Final = Text(longest=2_000)
_COUNT: Final = Number(whole=True)
_SHARE: Final = Number(high=1)
_HASH: Final = Text(longest=64, pattern=r"[0-9a-f]{64}")
_FREE: Final = MapOf(Text(longest=200), Anything(), 200)


@dataclass(frozen=True)
class _Result:
    """The figures of one split: some known ones, and any others of a record."""

    known: Table
    needed: tuple[str, ...]

    def check(self, value: Any, where: str) -> None:
        """Raise RecordError where the value does not fit."""
        _OTHERS.check(value, where)
        known = {key: entry for key, entry in value.items() if key in self._names()}
        self.known.check(known, where)
        for key in self.needed:
            if key not in value:
                raise refuse(None, f"{where}.{key}", "a value")
        if "predictions" in value:
            raise refuse("a list", f"{where}.predictions", "nothing of the kind")

    def _names(self) -> set[str]:
        """Name the figures with a shape of their own."""
        return {*self.known.required, *self.known.optional}


_OTHERS: Final = MapOf(
    Text(longest=60, pattern=r"[a-z0-9_]{1,60}"), Anything(most=20_000), 60
)
_INTERVAL: Final = Maybe(ListOf(Number(low=-1e9), 2, 2))
_PER_CLASS: Final = MapOf(
    _CLASS,
    Table(
        {"precision": _SHARE, "recall": _SHARE, "f1": _SHARE, "support": _COUNT},
        dict.fromkeys(
            ("precision_interval", "recall_interval", "f1_interval"), _INTERVAL
        ),
    ),
    100,
)
_MEASURES: Final = ("war", "uar", "macro_f1", "weighted_f1")
_RESULT: Final = _Result(
    Table(
        {
            "split": Text(longest=60),
            "speaker_independent": Flag(),
            "war": _SHARE,
            "uar": _SHARE,
            "per_class": _PER_CLASS,
        },
        {
            **dict.fromkeys(_MEASURES[2:], Maybe(_SHARE)),
            **{f"{name}_interval": _INTERVAL for name in (*_MEASURES, "log_loss")},
            **dict.fromkeys(("log_loss", "ece"), Maybe(Number())),
            **dict.fromkeys(
                ("n_train", "n_validation", "n_test", "n_speakers", "shared_speakers"),
                Maybe(Number()),
            ),
            "interval_reason": Maybe(_WORDS),
            "by_corpus": ListOf(
                Table(
                    {
                        "corpus": Text(longest=100),
                        "n": _COUNT,
                        "war": _SHARE,
                        "uar": _SHARE,
                    }
                ),
                50,
            ),
        },
    ),
    ("n_test",),
)

_CORPUS: Final = Table(
    {
        "name": Text(longest=100),
        **dict.fromkeys(("licence", "citation", "language"), Maybe(_WORDS)),
        "acted": Maybe(Flag()),
        "synthetic": Flag(),
        "n_utterances": _COUNT,
        "n_speakers": Maybe(_COUNT),
    }
)
_DISTANCES: Final = Table(
    {
        "space": Choice(("scaled", "pca")),
        "n_rows": _COUNT,
        "n_dimensions": _COUNT,
        "quantiles": ListOf(ListOf(Number(), 2, 2), 20, 1),
    }
)
_POINTS: Final = ListOf(
    Table(
        {
            "confidence": _SHARE,
            "share": _SHARE,
            "accuracy": Maybe(_SHARE),
        }
    ),
    100,
    1,
)
_CALIBRATION: Final = Table(
    {
        "temperature": Number(low=1e-3, high=1e3),
        "n": _COUNT,
        "n_speakers": _COUNT,
        **dict.fromkeys(("ece_before", "ece_after"), _SHARE),
        **dict.fromkeys(("log_loss_before", "log_loss_after"), Number()),
        "bins": ListOf(
            Table({"confidence": _SHARE, "accuracy": _SHARE, "n": _COUNT}), 100, 1
        ),
        "basis": _WORDS,
    }
)
_ABSTENTION: Final = Table(
    {
        "min_confidence": _SHARE,
        "max_distance": Maybe(Number()),
        "curve": _POINTS,
        "basis": _WORDS,
    }
)
_OTHER_CORPUS: Final = Table(
    {
        "name": Text(longest=100),
        **dict.fromkeys(("language", "licence"), Maybe(_WORDS)),
        **dict.fromkeys(("n_clips", "n_failed"), _COUNT),
        "n_speakers": Maybe(_COUNT),
        "classes": ListOf(_CLASS, 100, 1),
        "left_out": MapOf(_CLASS, _COUNT, 100),
        **dict.fromkeys(("war", "uar", "ece"), _SHARE),
        **dict.fromkeys(("war_interval", "uar_interval"), Maybe(ListOf(_SHARE, 2, 2))),
        "interval_reason": Maybe(_WORDS),
        "recall": MapOf(_CLASS, _SHARE, 100),
        **dict.fromkeys(
            ("share_answered", "accuracy_answered", "share_too_far"), Maybe(_SHARE)
        ),
        "note": _WORDS,
    }
)
_HUMAN: Final = Table(
    {"accuracy": Maybe(_SHARE), "uar": Maybe(_SHARE), "source": _WORDS}
)

_KEYS: Final[dict[str, Shape]] = {
    "schema_version": Number(low=CARD_VERSION, high=CARD_VERSION, whole=True),
    "kind": Choice(("model",)),
    "name": Text(longest=60, pattern=NAME_PATTERN),
    "created_utc": Text(
        longest=40, pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.:+Z]*"
    ),
    "features": Table({"label": _LABEL, "key": _HASH, "definition": _FREE}),
    "front_end": _LABEL,
    "classes": ListOf(_CLASS, 100, 2),
    "model": _LABEL,
    "parameters": _FREE,
    "pca": Maybe(Number()),
    "corpora": ListOf(_CORPUS, 50),
    "split": Text(longest=60),
    "protocol": _WORDS,
    "seed": _COUNT,
    "n_fitted": Maybe(_COUNT),
    "results": Table(
        {
            "plan": _RESULT,
            "unseen_speakers": Maybe(_RESULT),
            "unseen_speakers_reason": Maybe(_WORDS),
            "gap": _WORDS,
            "human": Maybe(_HUMAN),
        },
        {"other_corpora": ListOf(_OTHER_CORPUS, 50)},
    ),
    "distances": Maybe(_DISTANCES),
    "limits": ListOf(_WORDS, 50),
    "licence": Text(longest=10_000),
    "versions": MapOf(Text(longest=60), Text(longest=60), 50),
    "record_id": Maybe(Text(longest=64, pattern=r"[A-Za-z0-9_.-]{1,64}")),
    "files": MapOf(Text(longest=60, pattern=r"[a-z0-9.]{1,60}"), _HASH, 20),
    "probe": Maybe(
        Table(
            {
                "classes": ListOf(_CLASS, 100),
                "probabilities": Maybe(ListOf(ListOf(_SHARE, 100), 100)),
            }
        )
    ),
}
_LATER_KEYS: Final[dict[str, Shape]] = {
    "calibration": Maybe(_CALIBRATION),
    "abstention": Maybe(_ABSTENTION),
    "uncalibrated_reason": Maybe(_WORDS),
}
CARD_SHAPE: Final = Table(_KEYS, _LATER_KEYS)
"""Every key is there, those that older cards lack may be, and no other."""


def check_consistency(document: dict[str, Any]) -> None:
    """Refuse a card whose parts contradict each other.

    Raises
    ------
    RecordError
        The feature set's key is not that of its definition; classes are not sorted
        or stand twice; the confidence from which it answers is not on its own curve;
        another corpus is judged by classes that the model does not have.

    """
    features = document["features"]
    canonical = json.dumps(
        features["definition"], sort_keys=True, separators=(",", ":")
    )
    if hashlib.sha256(canonical.encode()).hexdigest() != features["key"]:
        raise refuse(features["key"], "features.key", "the key of features.definition")
    classes = document["classes"]
    if classes != sorted(set(classes)):
        raise refuse("a list", "classes", "a sorted list without repetition")
    abstention = document.get("abstention")
    if abstention is not None:
        places = [point["confidence"] for point in abstention["curve"]]
        if places != sorted(set(places)):
            raise refuse("a list", "abstention.curve", "rising confidence")
        if abstention["min_confidence"] not in places:
            at = "abstention.min_confidence"
            raise refuse(abstention["min_confidence"], at, "a point of the curve")
    for i, other in enumerate(document["results"].get("other_corpora", ())):
        where = f"results.other_corpora[{i}]"
        if not set(other["classes"]) <= set(classes):
            raise refuse("a list", f"{where}.classes", "classes of the model")
        if sorted(other["recall"]) != other["classes"]:
            raise refuse("a table", f"{where}.recall", "one entry for each class")
