"""Pure functions from run records, events and small tables to plotly figures.

Each returns a `Chart`: the figure, its title and one sentence that reads it. A
record that lacks something gives a smaller figure or a plain sentence, never an
exception.
"""

from __future__ import annotations

from pages._view.figures.chart import Chart

__all__ = ["Chart"]
