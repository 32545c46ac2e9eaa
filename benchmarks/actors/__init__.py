"""Benchmarks of actors and models."""
