"""SER Lab: measure, train and explain speech emotion recognition."""

__version__ = "0.1.0"
