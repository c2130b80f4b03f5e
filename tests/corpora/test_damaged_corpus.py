from __future__ import annotations

import os

import numpy as np
import pytest
import soundfile
from corpus_trees import TreeMaker

from ser_core.corpora.inspect import inspection
from ser_core.corpora.reader import read_corpus
from ser_core.errors import CorpusError


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_recording_that_ends_early_is_listed_with_the_durations(
    make_tree: TreeMaker, suffix: str
) -> None:
    root = make_tree(f"sad/whole.{suffix}", f"sad/half.{suffix}")
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 22_050)
    for path in root.glob("sad/*"):
        soundfile.write(path, noise, 44_100)
    half = root / f"sad/half.{suffix}"
    half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])
    found = inspection(read_corpus(root), durations=True)
    assert found.duration_s == 0.5
    (problem,) = found.problems
    assert problem.path == f"sad/half.{suffix}"
    assert problem.reason.startswith("is truncated: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "name", ["emotion_label.json", "synthetic.json", "VideoDemographics.csv"]
)
def test_metadata_that_is_a_pipe_is_not_waited_for(
    make_tree: TreeMaker, name: str
) -> None:
    root = make_tree("s001_con_actor001_impro1_1.flac", "sad/1001_DFA_SAD_XX.wav")
    os.mkfifo(root / name)
    corpus = read_corpus(root, reader="crema-d")
    assert (name, "not a regular file; remove it") in [
        (p.path, p.reason) for p in corpus.problems
    ]
    with pytest.raises(CorpusError, match="emotion_label"):
        read_corpus(root, reader="thai-ser")
