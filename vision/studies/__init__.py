"""Studies of images, a file each."""
