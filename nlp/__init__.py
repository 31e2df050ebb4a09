"""Language: text classification and tagging tasks, their data and models."""
