"""Published figures, one file a paper; ``common.reporting.published`` looks them up."""
