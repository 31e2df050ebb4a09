"""The vision modality."""
