"""Checkpoints, archives and layers on disk and in memory; the ground floor of `actors.models`."""
