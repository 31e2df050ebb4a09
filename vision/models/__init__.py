"""An architecture a file: each defines `ARCHITECTURE`, chosen by its file name."""
