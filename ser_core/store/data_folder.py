"""The one folder that holds everything SER Lab keeps."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ser_core.errors import ParameterError, SerError


@dataclass(frozen=True)
class DataFolder:
    """Name the places inside the data folder.

    Attributes
    ----------
    root : Path
        Absolute path of the folder; it need not exist yet.

    """

    root: Path

    @property
    def corpora(self) -> Path:
        """Generated and downloaded corpora."""
        return self.root / "corpora"

    @property
    def features(self) -> Path:
        """Stored feature arrays."""
        return self.root / "features"

    @property
    def jobs(self) -> Path:
        """One folder a job."""
        return self.root / "jobs"

    @property
    def models(self) -> Path:
        """Saved models."""
        return self.root / "models"

    @property
    def numba_cache(self) -> Path:
        """Code that numba compiled, so that only the first run waits."""
        return self.root / "cache" / "numba"

    @property
    def registry(self) -> Path:
        """The corpora registered by path."""
        return self.root / "corpora.json"

    @property
    def runs(self) -> Path:
        """The SQLite file of run records."""
        return self.root / "runs.sqlite"

    def prepare(self) -> DataFolder:
        """Create the folder and check that it can be written.

        Returns
        -------
        self : DataFolder

        Raises
        ------
        SerError
            The folder cannot be made or written; the message names it.

        """
        try:
            for folder in (self.corpora, self.jobs, self.numba_cache):
                folder.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".write-test-{secrets.token_hex(8)}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise SerError(
                f"data folder '{self.root}' cannot be written ({error.strerror}); "
                "give another one with --data-dir or SER_LAB_HOME",
                path=str(self.root),
            ) from error
        return self

    def free_bytes(self) -> int:
        """Return the free disk space in bytes where the folder lies or will lie."""
        place = self.root
        while not place.exists():
            place = place.parent
        return shutil.disk_usage(place).free


def data_folder(explicit: str | Path | None = None) -> DataFolder:
    """Find the data folder: argument, else ``SER_LAB_HOME``, else the platform's.

    Parameters
    ----------
    explicit : str or Path, optional
        What ``--data-dir`` gave.

    Returns
    -------
    folder : DataFolder
        With an absolute root; nothing is created.

    Raises
    ------
    ParameterError
        What was given is a file, or no path at all.

    """
    chosen = explicit or os.environ.get("SER_LAB_HOME")
    if chosen:
        return DataFolder(_checked(chosen))
    return DataFolder(Path(platformdirs.user_data_dir("ser-lab", appauthor=False)))


def _checked(chosen: str | Path) -> Path:
    """Make a path absolute that is a folder or can become one."""
    remedy = "give a folder with --data-dir or SER_LAB_HOME"
    try:
        root = Path(chosen).expanduser().resolve()
        is_file = root.exists() and not root.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise ParameterError(
            f"data folder '{chosen}' cannot be reached ({error}); {remedy}"
        ) from error
    if is_file:
        raise ParameterError(f"data folder '{root}' is a file; {remedy}")
    return root
