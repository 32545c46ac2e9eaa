"""The page on distortion runs."""
