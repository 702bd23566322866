"""Settings: each defined once, read from a file that keeps its comments, changed one at a time."""
