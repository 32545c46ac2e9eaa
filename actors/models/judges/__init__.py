"""Models that score texts and pictures."""
