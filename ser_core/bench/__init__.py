"""Benchmarks: what to compare, the runs, and what they say."""
