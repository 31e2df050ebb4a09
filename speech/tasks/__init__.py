"""A task a file: each defines `TASK`."""
