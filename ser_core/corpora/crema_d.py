"""CREMA-D: 91 American actors, six emotions."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

from ser_core.corpora.by_name import NameReader, Placement
from ser_core.corpora.contract import ReadOptions
from ser_core.corpora.tree import AudioFile, CorpusTree
from ser_core.corpora.utterance import Corpus, Problem, Utterance
from ser_core.errors import CorpusError

_STEM: Final = re.compile(
    r"([0-9]{4})_([a-z]{3})_([a-z]{3})_([a-z]{1,2})", re.IGNORECASE
)

_EMOTIONS: Final[dict[str, str]] = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fearful",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}

_GENDERS: Final[frozenset[str]] = frozenset(("female", "male"))

_DEMOGRAPHICS: Final[str] = "VideoDemographics.csv"
_LARGEST_TABLE_BYTES: Final[int] = 1 << 20

_SILENT: Final[str] = "1076_mti_sad_xx"
_SAME_AUDIO: Final[tuple[tuple[str, str], ...]] = (
    ("1006_TIE_HAP_XX", "1006_TIE_NEU_XX"),
    ("1013_WSI_DIS_XX", "1013_WSI_SAD_XX"),
    ("1017_IWW_ANG_XX", "1017_IWW_FEA_XX"),
)


class CremaDReader(NameReader):
    """Read names as ``1001_DFA_ANG_XX``: actor, sentence, emotion, level.

    References
    ----------
    H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova and R. Verma, "CREMA-D:
    Crowd-sourced emotional multimodal actors dataset", IEEE Transactions on Affective
    Computing 5(4), 2014, doi 10.1109/TAFFC.2014.2336244.

    """

    name: ClassVar[str] = "crema-d"
    title: ClassVar[str] = "CREMA-D"
    example: ClassVar[str] = "1001_DFA_ANG_XX"

    def place(self, file: AudioFile) -> Placement | None:
        """Split the name; the gender comes from the table of actors."""
        match = _STEM.fullmatch(file.stem)
        if match is None:
            return None
        actor, sentence, label, _ = match.groups()
        return Placement(
            emotion=_EMOTIONS.get(label.upper()),
            label=label,
            speaker=actor,
            sentence=sentence.upper(),
            recording=file.stem.lower(),
        )

    def read(self, tree: CorpusTree, options: ReadOptions) -> Corpus:
        """List the utterances, with genders where the table of actors is there."""
        corpus = super().read(tree, options)
        table = tree.metadata_file(_DEMOGRAPHICS)
        if table is None:
            note = (
                f"{_DEMOGRAPHICS} is not there, so genders are unknown; "
                "put it into the corpus's folder."
            )
            return replace(corpus, notes=(*corpus.notes, note))
        try:
            genders = read_genders(table)
        except CorpusError as error:
            problem = Problem(
                path=table.relative_to(tree.root).as_posix(), reason=error.message
            )
            return replace(corpus, problems=(*corpus.problems, problem))
        utterances = tuple(_with_gender(u, genders) for u in corpus.utterances)
        unknown = sorted({u.speaker or "" for u in utterances if u.gender is None})
        notes = corpus.notes
        if unknown:
            note = (
                f"{_DEMOGRAPHICS} gives no gender for {len(unknown)} actors, as "
                f"{', '.join(unknown[:3])}."
            )
            notes = (*notes, note)
        return replace(corpus, utterances=utterances, notes=notes)

    def notes(self, recordings: Mapping[str, str]) -> Iterable[str]:
        """Name the silent file and the recordings under two labels."""
        if _SILENT in recordings:
            yield "1076_MTI_SAD_XX is digital silence."
        for one, other in _SAME_AUDIO:
            if recordings.keys() >= {one.lower(), other.lower()}:
                yield f"{one} and {other} hold the same audio under two labels."


def _with_gender(utterance: Utterance, genders: dict[str, str]) -> Utterance:
    """Fill the gender of one utterance in."""
    return replace(utterance, gender=genders.get(utterance.speaker or ""))


def read_genders(path: Path) -> dict[str, str]:
    """Read CREMA-D's table of actors.

    Parameters
    ----------
    path : Path
        ``VideoDemographics.csv``, with columns ActorID and Sex.

    Returns
    -------
    genders : dict of str to str
        Actor -> "female" or "male"; rows that say anything else are passed over.

    Raises
    ------
    CorpusError
        The table cannot be read or lacks one of the columns.

    """
    remedy = "genders stay unknown; fetch the table again from the corpus's release"
    try:
        if path.stat().st_size > _LARGEST_TABLE_BYTES:
            raise CorpusError(
                f"'{path}' is larger than 1 MiB, the release's is 4 kB; {remedy}",
                path=str(path),
            )
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(
            f"'{path}' cannot be read as a table ({error}); {remedy}", path=str(path)
        ) from error
    if rows and not {"ActorID", "Sex"} <= set(rows[0]):
        raise CorpusError(
            f"'{path}' has no columns ActorID and Sex; {remedy}", path=str(path)
        )
    found = {
        (row["ActorID"] or "").strip(): (row["Sex"] or "").strip().lower()
        for row in rows
    }
    return {actor: sex for actor, sex in found.items() if sex in _GENDERS}
