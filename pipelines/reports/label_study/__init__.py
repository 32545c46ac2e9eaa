"""The page of a label study."""
