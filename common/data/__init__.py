"""Data: sources, downloads, raw data sets, splits, and tensor data sets with their batches."""
