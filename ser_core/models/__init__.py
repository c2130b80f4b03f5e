"""The estimators, by name."""
