"""Plots as vector graphics, for pages and for files of their own."""
