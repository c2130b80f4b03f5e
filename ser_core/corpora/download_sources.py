"""Where each corpus comes from, under which licence, and how to cite it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ser_core.errors import ParameterError

_THAI_SER: Final = "https://github.com/vistec-AI/dataset-releases/releases/download/v1/"
_RAVDESS: Final = "https://zenodo.org/records/1188976/files/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One file of a corpus's distribution.

    Attributes
    ----------
    name : str
        How it is chosen, as ``studio1-10``.
    file : str
        Its name at the source.
    url : str
        Full address.
    folder : str or None
        Folder below the corpus that a zip archive is unpacked to; None for a file
        that is kept as it is.
    size_bytes : int or None
        None where the source publishes no size.
    md5 : str or None
        None where the source publishes no checksum.
    always : bool
        Comes along whatever parts are chosen.

    """

    name: str
    file: str
    url: str
    folder: str | None
    size_bytes: int | None = None
    md5: str | None = None
    always: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What a page shows about a corpus.

    Attributes
    ----------
    name : str
        DESIGN's name.
    title, speakers, licence, citation, home : str
        In words; `home` is an address.
    hours : float or None
        Length of all recordings.
    parts : tuple of Part
        Empty where the corpus cannot be downloaded here.
    steps : tuple of str
        What to do instead, one sentence each.

    """

    name: str
    title: str
    speakers: str
    licence: str
    citation: str
    home: str
    hours: float | None
    parts: tuple[Part, ...] = ()
    steps: tuple[str, ...] = ()

    @property
    def downloadable(self) -> bool:
        """Tell whether `ser_core.corpora.download.download` can fetch it."""
        return bool(self.parts)

    @property
    def size_bytes(self) -> int | None:
        """Size of all parts; None unless each publishes one."""
        sizes = [part.size_bytes for part in self.parts]
        known = [size for size in sizes if size is not None]
        return sum(known) if sizes and len(known) == len(sizes) else None


def _thai_ser_parts() -> tuple[Part, ...]:
    """List the archives of ten sessions each, and the two files of labels."""
    groups = [f"studio{n}-{n + 9}" for n in range(1, 80, 10)]
    groups += [f"zoom{n}-{n + 9}" for n in (1, 11)]
    archives = [
        Part(
            name=group,
            file=f"{group}.zip",
            url=f"{_THAI_SER}{group}.zip",
            folder=group,
        )
        for group in groups
    ]
    labels = [
        Part(name=file, file=file, url=_THAI_SER + file, folder=None, always=True)
        for file in ("emotion_label.json", "actor_demography.json")
    ]
    # Labels first: they are small, and without them no recording is of use.
    return (*labels, *archives)


_ALL: Final = (
    Source(
        name="thai-ser",
        title="THAI-SER, Thai acted speech",
        speakers="200 actors",
        licence="CC BY-SA 4.0",
        citation="Wongpithayadisai, Chaksangchaichot et al., arXiv 2507.09618",
        home="https://github.com/vistec-AI/dataset-releases/releases/tag/v1",
        hours=41.6,
        parts=_thai_ser_parts(),
    ),
    Source(
        name="ravdess",
        title="RAVDESS, North American English acted speech and song",
        speakers="24 actors",
        licence="CC BY-NC-SA 4.0 (no commercial use)",
        citation=(
            "Livingstone and Russo, PLoS ONE 13(5), 2018, "
            "doi:10.1371/journal.pone.0196391"
        ),
        home="https://zenodo.org/records/1188976",
        hours=None,
        parts=(
            Part(
                name="speech",
                file="Audio_Speech_Actors_01-24.zip",
                url=f"{_RAVDESS}Audio_Speech_Actors_01-24.zip?download=1",
                folder="Audio_Speech_Actors_01-24",
                size_bytes=208_468_073,
                md5="bc696df654c87fed845eb13823edef8a",
            ),
            Part(
                name="song",
                file="Audio_Song_Actors_01-24.zip",
                url=f"{_RAVDESS}Audio_Song_Actors_01-24.zip?download=1",
                folder="Audio_Song_Actors_01-24",
                size_bytes=225_505_317,
                md5="5411230427d67a21e18aa4d466e6d1b9",
            ),
        ),
    ),
    Source(
        name="emo-db",
        title="EMO-DB, Berlin database of emotional speech, German",
        speakers="10 actors",
        licence="CC0 1.0 in one distribution, CC BY 4.0 in another",
        citation="Burkhardt et al., Interspeech 2005",
        home="http://emodb.bilderbar.info/",
        hours=0.41,
        parts=(
            Part(
                name="emo-db",
                file="download.zip",
                url="http://emodb.bilderbar.info/download/download.zip",
                folder="emo-db",
            ),
        ),
    ),
    Source(
        name="crema-d",
        title="CREMA-D, crowd-sourced emotional multimodal actors, English",
        speakers="91 actors",
        licence="ODbL 1.0, contents DbCL 1.0",
        citation=(
            "Cao et al., IEEE Transactions on Affective Computing 5(4), 2014, "
            "doi:10.1109/TAFFC.2014.2336244"
        ),
        home="https://github.com/CheyneyComputerScience/CREMA-D",
        hours=5.26,
        steps=(
            "Install git and git-lfs; the recordings are kept in Git LFS, not in an "
            "archive.",
            "git lfs install, then git clone "
            "https://gitlab.com/cs-cooper-lab/crema-d-mirror",
            "Register the folder AudioWAV of the clone, together with "
            "VideoDemographics.csv beside it.",
        ),
    ),
    Source(
        name="tess",
        title="TESS, Toronto emotional speech set, Canadian English",
        speakers="2 actresses",
        licence="CC BY-NC-ND 4.0 (no commercial use, no derivatives)",
        citation="Pichora-Fuller and Dupuis, 2020, doi:10.5683/SP2/E8H2MF",
        home="https://doi.org/10.5683/SP2/E8H2MF",
        hours=None,
        steps=(
            "Open the address; it leads to Borealis, where the terms are accepted in "
            "the browser.",
            "Download all files as one archive and unpack it.",
            "Register the folder that holds the recordings.",
        ),
    ),
    Source(
        name="savee",
        title="SAVEE, Surrey audio-visual expressed emotion, British English",
        speakers="4 men",
        licence="research only, after registration",
        citation="Haq and Jackson, in Machine Audition, IGI Global, 2010",
        home="http://personal.ee.surrey.ac.uk/Personal/P.Jackson/SAVEE/Register.html",
        hours=0.51,
        steps=(
            "Open the address and register; the authors send a name and a password.",
            "Download the audio archive and unpack it.",
            "Register the folder that holds DC, JE, JK and KL.",
        ),
    ),
)

SOURCES: Final[Mapping[str, Source]] = {source.name: source for source in _ALL}
"""Every published corpus that has a reader, by its name."""


def source(name: str) -> Source:
    """Look a corpus up.

    Raises
    ------
    ParameterError
        The name is not in `SOURCES`.

    """
    try:
        return SOURCES[name]
    except KeyError:
        raise ParameterError(
            f"corpus = {name!r} is not known; choose one of: {', '.join(SOURCES)}"
        ) from None


def instructions(name: str) -> str:
    """Say in words how to get a corpus, what it may be used for and how to cite it.

    Parameters
    ----------
    name : str
        One of `SOURCES`.

    Returns
    -------
    text : str
        Several lines of plain text.

    Raises
    ------
    ParameterError
        The name is not in `SOURCES`.

    """
    about = source(name)
    steps = about.steps or (
        f"Download it here (corpora download {name} FOLDER), or from the address by "
        "hand; unpack it and register the folder.",
    )
    lines = [about.title, f"Address: {about.home}"]
    lines += [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
    lines += [f"Licence: {about.licence}", f"Cite: {about.citation}"]
    return "\n".join(lines)
