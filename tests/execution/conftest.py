from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ser_core.execution import Backend, open_backend

Pools = Callable[[str, int], Backend]

ALL = [
    (name, n_workers)
    for name in ("threads", "processes", "loky")
    for n_workers in (1, 2, 3)
]


@pytest.fixture(scope="module")
def pools() -> Iterator[Pools]:
    """Return a started back end by name and workers, the same one in a module."""
    opened: dict[tuple[str, int], Backend] = {}

    def find(name: str, n_workers: int) -> Backend:
        if (name, n_workers) not in opened:
            backend = open_backend(name, n_workers=n_workers)
            backend.start()
            opened[name, n_workers] = backend
        return opened[name, n_workers]

    yield find
    for backend in opened.values():
        backend.close()
