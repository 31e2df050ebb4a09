"""Speech: word, phone and letter recognition tasks, their data and models."""
