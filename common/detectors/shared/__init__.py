"""What detectors of one family share."""
