"""Studies over several modalities, a file each."""
