"""Published figures, one file a paper; ``common.published`` looks them up."""
