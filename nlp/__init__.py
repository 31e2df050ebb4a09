"""The nlp modality."""
