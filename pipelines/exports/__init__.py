"""Finished runs as data sets that others can read."""
