"""File names that one system forbids: THAI-SER's ``con`` is a device on Windows."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.I)


def allowed_here(path: PurePosixPath, *, platform: str) -> PurePosixPath:
    """Return a relative path that the system can hold.

    Parameters
    ----------
    path : PurePosixPath
        Relative path.
    platform : str
        As `sys.platform`. On ``win32`` a part that names a device gets an underscore
        behind it; elsewhere every path stays as it is. Readers go by the files' names
        and do not mind.

    Examples
    --------
    >>> from pathlib import PurePosixPath
    >>> str(allowed_here(PurePosixPath("studio001/con/a.flac"), platform="win32"))
    'studio001/con_/a.flac'

    """
    if platform != "win32":
        return path
    return PurePosixPath(
        *(f"{part}_" if _DEVICES.fullmatch(part) else part for part in path.parts)
    )
