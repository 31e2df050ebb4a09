"""The shared core: scores, metrics, training, storage and reports. Nothing here knows pixels, words or waveforms."""
