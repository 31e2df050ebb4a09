"""What everything stands on: errors, arrays, seeds, progress, processes, the project's folder."""
