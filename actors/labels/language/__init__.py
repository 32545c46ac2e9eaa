"""What words of many languages do to a label beside them: deny it, doubt it, take it back, settle on it."""
