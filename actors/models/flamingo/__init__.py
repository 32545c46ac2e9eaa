"""Flamingo models (paper B App. A)."""
