"""Labelled sets that come inside registry packages."""
