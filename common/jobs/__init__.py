"""Trainings as jobs that other processes do, on this machine or on many; the store is where their results meet."""
