"""The page on annotation runs."""
