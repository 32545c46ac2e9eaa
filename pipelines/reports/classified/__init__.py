"""The page on runs of a trained classifier."""
