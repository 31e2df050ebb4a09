"""The one training loop, its set-up and checkpoints, prediction, layers and pretrained networks."""
