"""Hear recordings: one clip, long recordings, many files."""
