"""Data sets, one file each: where the data is found and how it is read."""
