"""The JSON files beside the synthetic recordings."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final

from ser_core.corpora.synthesis.layout import N_ACTORS
from ser_core.corpora.synthesis.ratings import SAMPLE_RATE, plan
from ser_core.corpora.synthesis.voices import speaker
from ser_core.corpora.synthetic_files import write_whole
from ser_core.corpora.thai_ser import ACTORS_FILE, LABELS_FILE, MARKER_FILE
from ser_core.errors import CorpusError

_ABOUT: Final = (
    "Synthetic speech made by SER Lab in the layout of THAI-SER. No person speaks "
    "here; figures from it say nothing about people."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Marker:
    """What ``synthetic.json`` says about its corpus.

    Attributes
    ----------
    seed : int
        Corpus seed.
    utterances : int
        How many are complete and labelled.
    target : int
        How many the last run was asked for; more than `utterances` after an
        interruption.
    version : int
        Of the synthesiser: raised when the same seed gives other recordings.

    """

    CURRENT_VERSION: ClassVar[int] = 1

    seed: int
    utterances: int
    target: int
    version: int = 1

    def aiming_at(self, utterances: int) -> Marker:
        """Return the marker of a run that begins."""
        return replace(self, target=max(self.target, utterances))

    def completed(self, utterances: int) -> Marker:
        """Return the marker of a run that ended well."""
        return replace(self, utterances=utterances, target=utterances)


def read_marker(root: Path) -> Marker | None:
    """Read ``synthetic.json``.

    Returns
    -------
    marker : Marker or None
        None where there is no such file.

    Raises
    ------
    CorpusError
        The file is damaged.

    """
    path = root / MARKER_FILE
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        numbers = [content[key] for key in ("seed", "utterances", "target", "version")]
        if not all(type(number) is int for number in numbers):
            raise ValueError("a number is missing")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CorpusError(
            f"'{path}' cannot be read ({error!r}), so its seed is unknown; remove "
            f"the folder '{root}' and generate it again, or choose another one",
            path=str(path),
        ) from error
    seed, utterances, target, version = numbers
    return Marker(seed=seed, utterances=utterances, target=target, version=version)


def write_marker(root: Path, marker: Marker) -> None:
    """Write ``synthetic.json``, whole or not at all.

    Raises
    ------
    CorpusError
        It cannot be written.

    """
    _write(
        root / MARKER_FILE,
        {
            "about": _ABOUT,
            "corpus": "synthetic",
            "version": marker.version,
            "seed": marker.seed,
            "utterances": marker.utterances,
            "target": marker.target,
            "sample_rate": SAMPLE_RATE,
        },
    )


def write_labels(root: Path, *, utterances: int, seed: int) -> None:
    """Write ``emotion_label.json`` and ``actor_demography.json`` as THAI-SER has them.

    Parameters
    ----------
    root : Path
        The corpus folder.
    utterances, seed : int
        As for `ser_core.corpora.synthetic.synthesize`.

    Raises
    ------
    CorpusError
        A file cannot be written.

    """
    _write(root / ACTORS_FILE, _actors(seed))
    plans = (plan(seed, index) for index in range(utterances))
    labels = {
        planned.place.name: [
            {
                "assigned_emo": planned.place.assigned,
                "majority_emo": planned.majority,
                "annotated": [list(labels) for labels in planned.annotated],
                "agreement": planned.agreement,
            }
        ]
        for planned in plans
    }
    _write(root / LABELS_FILE, dict(sorted(labels.items())))


def _actors(seed: int) -> dict[str, Any]:
    """Describe all 200 actors, whoever of them speaks in a small corpus."""
    rows = []
    for actor in range(1, N_ACTORS + 1):
        voice = speaker(seed, actor)
        rows.append(
            {
                "Actor's ID": f"{actor:03d}",
                "Sex": "Female" if voice.woman else "Male",
                "Age": voice.age,
            }
        )
    types = {"Actor's ID": "string", "Sex": "string", "Age": "integer"}
    fields = [{"name": name, "type": kind} for name, kind in types.items()]
    return {"schema": {"fields": fields, "primaryKey": ["Actor's ID"]}, "data": rows}


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write JSON whole or not at all."""
    write_whole(path, json.dumps(content, indent=1).encode())
