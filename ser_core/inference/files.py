"""The recordings below folders, and several of them heard one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ser_core.audio.display_names import visible_text
from ser_core.audio.limits import Limits
from ser_core.corpora.tree import AUDIO_SUFFIXES, walk
from ser_core.errors import ParameterError
from ser_core.inference.listening import recognise
from ser_core.inference.loading import SpeechModel
from ser_core.inference.results import FileResult


def recordings_below(paths: Iterable[Path]) -> list[Path]:
    """List the files that are named, and the recordings below the folders.

    Parameters
    ----------
    paths : iterable of Path

    Returns
    -------
    files : list of Path
        In the order of `paths`; of a folder sorted, as `ser_core.corpora.tree.walk`
        finds them. A file that stands twice is listed once.

    Raises
    ------
    ParameterError
        A path does not exist, or a folder holds no recording.
    CorpusError
        A folder cannot be listed.

    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = [path / file.relative for file in walk(path).audio]
            if not inside:
                raise ParameterError(
                    f"'{path}' holds no recording; give audio files, or a folder with "
                    f"files ending in: {', '.join(sorted(AUDIO_SUFFIXES))}"
                )
            found |= dict.fromkeys(inside)
        elif path.exists():
            found[path] = None
        else:
            raise ParameterError(f"'{path}' does not exist; give files or folders")
    return list(found)


def left_out_below(paths: Iterable[Path]) -> list[FileResult]:
    """Say of recordings below folders why `recordings_below` does not list them.

    Parameters
    ----------
    paths : iterable of Path
        As for `recordings_below`.

    Returns
    -------
    results : list of FileResult
        With an `error` each: links to nothing, formats that are not read, folders that
        cannot be listed.

    Raises
    ------
    CorpusError
        As `recordings_below`.

    """
    return [
        FileResult(
            file=str(path / problem.path),
            error=f"'{visible_text(problem.path)}' was left out: {problem.reason}",
        )
        for path in dict.fromkeys(paths)
        if path.is_dir()
        for problem in walk(path).problems
    ]


def recognise_files(
    files: Iterable[Path],
    *,
    model: SpeechModel,
    limits: Limits | None = None,
    timeline: bool = True,
    min_confidence: float | None = None,
    name: Callable[[Path], str] = str,
    progress: Callable[[Path, float, float], None] | None = None,
) -> Iterator[FileResult]:
    """Hear files one after the other; one that cannot be heard does not stop the rest.

    Parameters
    ----------
    files : iterable of Path
    model : SpeechModel
    limits, timeline, min_confidence
        As `ser_core.inference.listening.recognise`.
    name : callable, default str
        How a result calls its file.
    progress : callable, optional
        Takes the file, the seconds that were heard of it, and those that it has.

    Yields
    ------
    result : FileResult
        As each is ready.

    """
    for path in files:

        def tell(done_s: float, total_s: float, path: Path = path) -> None:
            if progress is not None:
                progress(path, done_s, total_s)

        yield recognise(
            path,
            name=name(path),
            model=model,
            limits=limits,
            timeline=timeline,
            min_confidence=min_confidence,
            progress=tell,
        )
