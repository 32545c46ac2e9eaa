"""A user's own tables and pictures."""
