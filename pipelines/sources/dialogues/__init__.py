"""Instructions with responses."""
