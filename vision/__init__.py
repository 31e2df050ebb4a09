"""Vision: image classification tasks, their data and models."""
