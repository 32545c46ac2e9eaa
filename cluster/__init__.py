"""Where a run runs: connecting to Ray and fitting pools to machines."""
