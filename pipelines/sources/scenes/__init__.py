"""The laboratory: drawn pictures whose whole truth is known."""
