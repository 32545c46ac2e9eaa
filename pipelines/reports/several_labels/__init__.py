"""The page on annotation runs with several labels per row."""
