"""What a run leaves behind: outputs, rows of results, the record of the run, and where they come from."""
