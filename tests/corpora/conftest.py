"""Tiny corpora with real file names, and the real ones where they are."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from corpus_trees import TreeMaker


@pytest.fixture
def make_tree(tmp_path: Path) -> TreeMaker:
    """Make empty files below a fresh folder; a reader never opens audio."""

    def make(*files: str, folder: str = "corpus") -> Path:
        root = tmp_path / folder
        for file in files:
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        root.mkdir(parents=True, exist_ok=True)
        return root

    return make


@pytest.fixture
def make_thai_ser(make_tree: TreeMaker) -> TreeMaker:
    """Make a THAI-SER tree of labels and files."""

    def make(labels: Mapping[str, Any], *files: str, folder: str = "corpus") -> Path:
        root = make_tree(*files, folder=folder)
        text = json.dumps(labels, ensure_ascii=False)
        (root / "emotion_label.json").write_text(text, encoding="utf-8")
        return root

    return make


@pytest.fixture(scope="session")
def real_corpora() -> Path:
    """Return the folder of the real corpora, or skip and say so."""
    folder = os.environ.get("SER_TEST_CORPORA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("SER_TEST_CORPORA names no folder: nothing read of real corpora")
    return Path(folder)
