"""The synthetic corpus's own making: who says what, and how it sounds."""
