"""Readers, the synthetic corpus, downloads, and the registry of corpora."""
