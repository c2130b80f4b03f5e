"""Small data with classes that lie apart, for the tests of the models."""

from __future__ import annotations

import numpy as np

NAMES = np.array(["angry", "happy", "sad", "calm", "bored"])


def clusters(n: int, *, n_features: int = 20, n_classes: int = 3, seed: int = 0):
    """Draw n rows of Gaussian clusters, two deviations apart along each column."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, size=n)
    X = rng.normal(size=(n, n_features)).astype(np.float32) + 2 * y[:, None]
    return X.astype(np.float32), NAMES[y]


def overlapping(n: int, *, n_features: int = 8, n_classes: int = 3, seed: int = 0):
    """Draw n rows whose classes overlap, so that no model is always right."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    centres = rng.normal(size=(n_classes, n_features))
    X = rng.normal(scale=1.2, size=(n, n_features)) + centres[y]
    return X.astype(np.float32), NAMES[y]
