"""A way of training a file: each defines `OBJECTIVE`, chosen by its file name."""
