"""What is kept: the data folder and the run records."""
