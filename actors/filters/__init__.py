"""Filters of rewritten responses; none runs a model."""
