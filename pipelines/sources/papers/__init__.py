"""The labelled sets of paper A."""
