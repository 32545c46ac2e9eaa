"""Scores of rewritten responses, one model each; filters decide on them."""
