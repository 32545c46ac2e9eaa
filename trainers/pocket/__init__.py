"""`trainers pocket`: tiny models of the papers' kinds."""
