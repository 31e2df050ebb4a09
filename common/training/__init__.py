"""The training loop, its setup and checkpoints, prediction, layers and pretrained networks."""
