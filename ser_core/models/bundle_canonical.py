"""Make the same model the same file, whenever and wherever it is saved."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any, Final

_SCHEMA: Final = "schema.json"
_DATE: Final = (1980, 1, 1, 0, 0, 0)


def canonical(content: bytes) -> bytes:
    """Write a skops archive without what changes from one saving to the next.

    Parameters
    ----------
    content : bytes
        As `skops.io.dumps` gives it.

    Returns
    -------
    content : bytes
        The same model. Its parts and arrays, which skops numbers by their places in
        memory, are numbered in the order of the description, and members have no date
        of their own.

    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        arrays = {
            name: archive.read(name) for name in archive.namelist() if name != _SCHEMA
        }
    numbers: dict[Any, int] = {}
    names: dict[str, str] = {}
    _renumber(schema, arrays, numbers, names)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for old, new in names.items():
            archive.writestr(zipfile.ZipInfo(new, _DATE), arrays[old])
        archive.writestr(zipfile.ZipInfo(_SCHEMA, _DATE), json.dumps(schema, indent=1))
    return stream.getvalue()


def _renumber(
    node: Any, arrays: dict[str, bytes], numbers: dict[Any, int], names: dict[str, str]
) -> None:
    """Give parts and arrays new numbers, in the order of the description."""
    if isinstance(node, list):
        for entry in node:
            _renumber(entry, arrays, numbers, names)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "__id__" and isinstance(value, int):
            node[key] = numbers.setdefault(value, len(numbers) + 1)
        elif key == "file" and isinstance(value, str) and value in arrays:
            node[key] = names.setdefault(value, f"{len(names) + 1}.npy")
        else:
            _renumber(value, arrays, numbers, names)
