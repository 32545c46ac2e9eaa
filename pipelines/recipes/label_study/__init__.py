"""`label-study`: what a model's labels are worth (paper A, Table 1)."""
