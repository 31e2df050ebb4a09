"""A model of one's own: its files read, what they hold told, evaluated by the same rows and report as the suite's."""
