"""Shared basics: errors, array conversion, seeds, progress lines, distributed processes, the project folder."""
