"""Read THAI-SER's two JSON files, which people edit, cut short and re-save."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ser_core.errors import CorpusError
from ser_core.labels import THAI_LABELS, THAI_SER_EMOTIONS

LARGEST_JSON_BYTES: Final[int] = 64 << 20
"""The release's label file is some 10 MB; this stops a wrong file from filling RAM."""

_NO_MAJORITY: Final[frozenset[str]] = frozenset(("none", "other"))
_GENDERS: Final[frozenset[str]] = frozenset(("female", "male"))


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelEntry:
    """One entry of ``emotion_label.json``.

    Attributes
    ----------
    key : str
        The file's name as the entry has it.
    label : str
        ``majority_emo`` as written; "None" also for JSON's null.
    emotion : str or None
        One of the five, or None.
    agreement : float or None
        0 to 1; None where the entry gives no usable figure.
    no_majority : bool
        The raters agreed on none of the five: "None" or "other".
    n_repeats : int
        How often the key stands in the file besides, with the same label.
    defect : str or None
        Why the entry cannot be used.

    """

    key: str
    label: str = ""
    emotion: str | None = None
    agreement: float | None = None
    no_majority: bool = False
    n_repeats: int = 0
    defect: str | None = None


def read_labels(path: Path) -> list[LabelEntry]:
    """Read ``emotion_label.json`` by the reference pipeline's rule.

    The first entry of a file's list counts, its ``majority_emo`` in any case, when
    it is one of the five emotions or the Thai word for one.

    Parameters
    ----------
    path : Path
        The file: UTF-8, with or without BOM, or UTF-16.

    Returns
    -------
    entries : list of LabelEntry
        In the file's order. A key that stands there twice gives one entry; it has a
        defect when the two contradict each other.

    Raises
    ------
    CorpusError
        The file cannot be read, is no JSON, is no object, or holds nothing.

    """
    remedy = "fetch it again from THAI-SER's release"
    content, repeated = _load(path, remedy)
    if not isinstance(content, dict):
        raise CorpusError(
            f"'{path}' holds a JSON {type(content).__name__}, but an object from file "
            f"name to list of labels is needed; {remedy}",
            path=str(path),
        )
    if not content:
        raise CorpusError(f"'{path}' holds no labels; {remedy}", path=str(path))
    return [
        _with_repeats(_entry(key, value), repeated.get(key, []))
        for key, value in content.items()
    ]


def read_actor_genders(path: Path) -> dict[str, str]:
    """Read ``actor_demography.json``.

    Parameters
    ----------
    path : Path
        A JSON object whose ``data`` is a list of ``{"Actor's ID", "Sex", ...}``.

    Returns
    -------
    genders : dict of str to str
        Actor, three digits -> "female" or "male"; rows of another form are passed
        over.

    Raises
    ------
    CorpusError
        The file cannot be read, is no JSON or has no such list.

    """
    remedy = "genders stay unknown; fetch it again from THAI-SER's release"
    content, _ = _load(path, remedy)
    rows = content.get("data") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise CorpusError(
            f"'{path}' has no list 'data' of actors; {remedy}", path=str(path)
        )
    return dict(_genders(rows))


def _genders(rows: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield actor and gender of each well-formed row."""
    for row in rows:
        if not isinstance(row, dict):
            continue
        actor, sex = row.get("Actor's ID"), row.get("Sex")
        if not isinstance(actor, (str, int)) or not isinstance(sex, str):
            continue
        number = str(actor).strip().lower().removeprefix("actor")
        if sex.strip().lower() in _GENDERS:
            yield number.zfill(3), sex.strip().lower()


def _load(path: Path, remedy: str) -> tuple[Any, dict[str, list[Any]]]:
    """Parse a JSON file; also return the values that a later equal key hides."""
    hidden: dict[str, list[Any]] = {}

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: dict[str, Any] = {}
            for key, value in pairs:
                if key in seen:
                    hidden.setdefault(key, []).append(seen[key])
                seen[key] = value
        return found

    try:
        size = path.stat().st_size
        if size > LARGEST_JSON_BYTES:
            raise CorpusError(
                f"'{path}' has {size:,} bytes, up to {LARGEST_JSON_BYTES:,} are "
                f"allowed; {remedy}",
                path=str(path),
            )
        return json.loads(path.read_bytes(), object_pairs_hook=collect), hidden
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"'{path}' is not UTF-8 (byte {error.start:,}); save it as UTF-8, or "
            f"{remedy}",
            path=str(path),
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CorpusError(
            f"'{path}' cannot be read as JSON ({error}); {remedy}", path=str(path)
        ) from error


def _entry(key: str, value: Any) -> LabelEntry:
    """Apply the label rule to one entry."""
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return LabelEntry(
            key=key, defect="its entry is not a list that begins with an object"
        )
    first = value[0]
    if "majority_emo" not in first:
        return LabelEntry(key=key, defect="its entry has no 'majority_emo'")
    written = first["majority_emo"]
    label = "None" if written is None else written
    if not isinstance(label, str):
        return LabelEntry(
            key=key, defect=f"majority_emo = {str(label)[:80]} is not a string"
        )
    emotion = THAI_LABELS.get(label, label.lower())
    no_majority = emotion in _NO_MAJORITY
    known = emotion in THAI_SER_EMOTIONS
    return LabelEntry(
        key=key,
        label=label,
        emotion=emotion if known else None,
        agreement=_share(first.get("agreement")),
        no_majority=no_majority,
        defect=None if known or no_majority else _outside(label),
    )


def _outside(label: str) -> str:
    """Say that a label is none of the five."""
    allowed = ", ".join(e.capitalize() for e in THAI_SER_EMOTIONS)
    return f"majority_emo = {label[:80]!r} is not one of {allowed}, None, other"


def _share(value: Any) -> float | None:
    """Return a number of 0 to 1 as float, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value <= 1 and math.isfinite(value) else None


def _with_repeats(entry: LabelEntry, hidden: list[Any]) -> LabelEntry:
    """Mark an entry whose earlier namesakes say something else."""
    others = {_entry(entry.key, value).label for value in hidden} - {entry.label}
    if not others:
        return replace(entry, n_repeats=len(hidden)) if hidden else entry
    labels = ", ".join(sorted({*others, entry.label}))
    return LabelEntry(
        key=entry.key, defect=f"it stands there twice, with the labels {labels}"
    )
