"""A corpus a file: where it is found and how it is read."""
