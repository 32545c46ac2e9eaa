"""Making good responses bad, as raw annotations are (paper B, section 3.1)."""
