"""The speech modality."""
