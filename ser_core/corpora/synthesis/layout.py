"""Which file the i-th utterance is: session, actor, microphone and name.

The order is chosen so that a small corpus is already useful. Each block of 400
utterances visits 20 actors in turn, two in each of 8 studio and 2 zoom sessions,
one studio session from every ten (the authors' folds); ten blocks visit all 200
actors, and later rounds come back to them with new names. Everything here depends
on the index alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from ser_core.corpora.synthesis.distributions import (
    EMOTIONS,
    TOTAL,
    distributions,
)
from ser_core.errors import ParameterError

N_ACTORS: Final = 200
N_WOMEN: Final = 112
BLOCK: Final = 400
_BLOCKS_A_ROUND: Final = 10
_STUDIO_SESSIONS: Final = 80
_STUDIO_ACTORS_A_BLOCK: Final = 16
_ZOOM_ACTORS_A_BLOCK: Final = 4
# 6,004 of 27,854 labelled files are from zoom: 86 of 400.
_ZOOM_A_BLOCK: Final = 86
# Rows an actor may get in all seven rounds; each has 60 scripted ones, as there.
_STUDIO_ROWS: Final = 140
_ZOOM_ROWS: Final = 154
_SCRIPTED: Final = 60
_SCENES_AN_EMOTION: Final = 3
_GOLDEN: Final = 0.6180339887498949


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Say where one utterance lies in the corpus.

    Attributes
    ----------
    index : int
        0 to 27,853.
    path : PurePosixPath
        Below the corpus folder, as in the release.
    session : str
        ``s001`` to ``s080`` or ``z001`` to ``z020``.
    actor : int
        1 to 200.
    microphone : str
        ``con`` (studio) or ``mic`` (zoom).
    kind : str
        ``impro`` or ``script``.
    assigned : str
        The emotion the actor was asked for, one of `EMOTIONS`.

    """

    index: int
    path: PurePosixPath
    session: str
    actor: int
    microphone: str
    kind: str
    assigned: str

    @property
    def name(self) -> str:
        """File name, the key in ``emotion_label.json``."""
        return self.path.name


def place(index: int) -> Place:
    """Return the place of an utterance.

    Parameters
    ----------
    index : int
        0 to 27,853.

    Raises
    ------
    ParameterError
        `index` is outside that range.

    Examples
    --------
    >>> str(place(0).path)
    'studio1-10/studio001/con/s001_con_actor001_impro6_1.flac'

    """
    if not 0 <= index < TOTAL:
        raise ParameterError(
            f"index = {index} is outside the corpus; it runs from 0 to {TOTAL - 1}"
        )
    block, slot = divmod(index, BLOCK)
    round_, column = divmod(block, _BLOCKS_A_ROUND)
    n_zoom_before = slot * _ZOOM_A_BLOCK // BLOCK
    zoom = (slot + 1) * _ZOOM_A_BLOCK // BLOCK > n_zoom_before
    if zoom:
        visit, which = divmod(n_zoom_before, _ZOOM_ACTORS_A_BLOCK)
        session = 1 + column + _BLOCKS_A_ROUND * (which // 2)
        actor = 2 * (_STUDIO_SESSIONS + session) - 1 + which % 2
        rows = _ZOOM_ROWS
        row = round_ * (rows // 7) + visit
    else:
        visit, which = divmod(slot - n_zoom_before, _STUDIO_ACTORS_A_BLOCK)
        session = 1 + column + _BLOCKS_A_ROUND * (which // 2)
        actor = 2 * session - 1 + which % 2
        rows = _STUDIO_ROWS
        row = round_ * (rows // 7) + visit
    kind, assigned, ending = _recording(index, actor, row, rows)
    return _placed(index, zoom, session, actor, kind, assigned, ending)


def _recording(index: int, actor: int, row: int, rows: int) -> tuple[str, str, str]:
    """Return kind, assigned emotion and the name's ending of an actor's row."""
    # Each actor begins elsewhere, else all of them would do the same in turn.
    row = (row + actor) % rows
    scripted = row * _SCRIPTED // rows
    if (row + 1) * _SCRIPTED // rows > scripted:
        digit = (scripted + actor) % len(EMOTIONS)
        rest = scripted // len(EMOTIONS)
        sentence, take, level = rest % 3 + 1, rest // 3 % 2 + 1, "ab"[rest // 6]
        ending = f"script{sentence}_{take}_{digit + 1}{level}"
        return "script", EMOTIONS[digit], ending
    # Steps of the golden ratio spread the emotions evenly however few are made.
    assigned = distributions().assigned("impro", index * _GOLDEN % 1.0)
    take, variant = divmod(row - scripted, _SCENES_AN_EMOTION)
    scene = 1 + EMOTIONS.index(assigned) + len(EMOTIONS) * variant
    return "impro", assigned, f"impro{scene}_{take + 1}"


def _placed(
    index: int,
    zoom: bool,
    session: int,
    actor: int,
    kind: str,
    assigned: str,
    ending: str,
) -> Place:
    """Put the parts together as the release names them."""
    letter, family, microphone = (
        ("z", "zoom", "mic") if zoom else ("s", "studio", "con")
    )
    first = (session - 1) // 10 * 10 + 1
    name = f"{letter}{session:03d}_{microphone}_actor{actor:03d}_{ending}.flac"
    return Place(
        index=index,
        path=PurePosixPath(
            f"{family}{first}-{first + 9}/{family}{session:03d}/{microphone}/{name}"
        ),
        session=f"{letter}{session:03d}",
        actor=actor,
        microphone=microphone,
        kind=kind,
        assigned=assigned,
    )


def is_woman(actor: int) -> bool:
    """Tell an actor's sex: 112 of 200 are women, spread evenly over the sessions."""
    return actor * N_WOMEN // N_ACTORS > (actor - 1) * N_WOMEN // N_ACTORS
