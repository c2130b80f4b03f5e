"""Train classifiers, judge them, and keep the record."""
