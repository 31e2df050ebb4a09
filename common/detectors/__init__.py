"""A detector a file: each defines `DETECTOR`, called as its file is."""
