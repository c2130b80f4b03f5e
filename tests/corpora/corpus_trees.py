"""What the tests of corpora share besides fixtures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

TreeMaker = Callable[..., Path]


def label(emotion: Any, agreement: Any = 1.0) -> list[dict[str, Any]]:
    """Make one entry of THAI-SER's label file."""
    return [
        {
            "assigned_emo": "Neutral",
            "majority_emo": emotion,
            "annotated": [["Neutral"]],
            "agreement": agreement,
        }
    ]
