"""Studies of texts, a file each."""
