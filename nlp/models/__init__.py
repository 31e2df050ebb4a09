"""Architectures, one file each: a file defines `ARCHITECTURE` and its name is what `--model` takes."""
