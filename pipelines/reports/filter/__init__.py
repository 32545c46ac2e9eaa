"""The page on filtered runs."""
