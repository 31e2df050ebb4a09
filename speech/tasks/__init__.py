"""Tasks, one file each: a file defines `TASK` and its name is what `--task` takes."""
