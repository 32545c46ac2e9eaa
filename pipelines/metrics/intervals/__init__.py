"""Figures with their 95 % intervals."""
